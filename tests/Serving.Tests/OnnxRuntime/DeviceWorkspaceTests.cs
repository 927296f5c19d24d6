using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Tests.OnnxRuntime;

public sealed class DeviceWorkspaceTests
{
    [Fact]
    public void Native_code_sees_a_limit_once_the_environment_is_there()
    {
        var before = Environment.GetEnvironmentVariable(DeviceWorkspace.Variable);

        OnnxRuntimeEnvironment.EnsureStarted();

        Assert.Equal(before ?? DeviceWorkspace.Small, NativeEnvironment.Get(DeviceWorkspace.Variable));
    }
}
