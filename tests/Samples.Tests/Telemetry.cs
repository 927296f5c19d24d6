using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Krewe.Samples.Tests;

/// <summary>
/// Turns ONNX Runtime's telemetry off before its first call. It reads the environment through the C library, which does not
/// see what <see cref="Environment.SetEnvironmentVariable(string, string)"/> sets.
/// </summary>
internal static partial class Telemetry
{
    [ModuleInitializer]
    internal static void TurnOff()
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(0, SetVariable("ORT_DISABLE_TELEMETRY", "1", overwrite: 1));
        }
    }

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
