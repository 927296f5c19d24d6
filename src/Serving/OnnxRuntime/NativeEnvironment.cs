using System.ComponentModel;
using System.Runtime.InteropServices;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>
/// The process environment of native libraries, through libc: on Unix <see cref="Environment.SetEnvironmentVariable(string, string?)"/>
/// does not change it. Use at process start only: libraries read it without a lock.
/// </summary>
internal static partial class NativeEnvironment
{
    public static void Set(string variable, string value)
    {
        Environment.SetEnvironmentVariable(variable, value);
        if (!OperatingSystem.IsWindows() && SetEnvironment(variable, value, 1) != 0)
        {
            throw new Win32Exception(Marshal.GetLastPInvokeError(), $"setenv {variable} failed");
        }
    }

    /// <summary>The value seen by native code; null if unset.</summary>
    public static string? Get(string variable) =>
        OperatingSystem.IsWindows() ? Environment.GetEnvironmentVariable(variable) : Marshal.PtrToStringUTF8(GetEnvironment(variable));

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int SetEnvironment(string name, string value, int overwrite);

    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint GetEnvironment(string name);
}
