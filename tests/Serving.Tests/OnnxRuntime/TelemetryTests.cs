using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Tests.OnnxRuntime;

public sealed class TelemetryTests
{
    [Fact]
    public void Native_code_sees_the_switch_after_the_environment_is_there()
    {
        OnnxRuntimeEnvironment.EnsureStarted();

        Assert.Equal("1", Telemetry.NativeValue());
    }
}
