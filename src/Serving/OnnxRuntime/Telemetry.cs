using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Krewe.Serving;

/// <summary>
/// Turns ONNX Runtime's telemetry off. From 1.29 it is on by default on Linux and reads its switch from the C environment, which
/// <see cref="Environment.SetEnvironmentVariable(string, string?)"/> does not touch there; hence libc's own call.
/// </summary>
internal static partial class Telemetry
{
    public const string Variable = "ORT_DISABLE_TELEMETRY";

    /// <summary>Must come before the first call of ONNX Runtime; after that it has no effect.</summary>
    public static void TurnOff()
    {
        Environment.SetEnvironmentVariable(Variable, "1");
        if (!OperatingSystem.IsWindows() && SetEnvironment(Variable, "1", 1) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"setenv {Variable} failed");
        }
    }

    /// <summary>The switch as native code sees it; null where it is not set.</summary>
    public static string? NativeValue() =>
        OperatingSystem.IsWindows() ? Environment.GetEnvironmentVariable(Variable) : Marshal.PtrToStringUTF8(GetEnvironment(Variable));

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnvironment(string name);
}
