using System.Runtime.CompilerServices;

namespace Krewe.Conformance.Tests.Operators;

/// <summary>Turns ONNX Runtime's telemetry off in this process, before anything can call it.</summary>
internal static class OnnxRuntimeStart
{
    [ModuleInitializer]
    internal static void TurnTelemetryOff()
    {
        if (!OperatingSystem.IsWindows())
        {
            Posix.SetVariable("ORT_DISABLE_TELEMETRY", "1");
        }
    }
}
