using System.Runtime.InteropServices;

namespace Krewe.AspNetPeer;

/// <summary>ONNX Runtime's telemetry, which reads the environment as native code sees it, before the first call.</summary>
internal static partial class Telemetry
{
    public static void TurnOff()
    {
        if (!OperatingSystem.IsWindows())
        {
            _ = SetVariable("ORT_DISABLE_TELEMETRY", "1", 1);
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
