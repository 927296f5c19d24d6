using System.Runtime.InteropServices;

namespace Krewe.Processes;

/// <summary>What the class library does not have.</summary>
public static partial class Posix
{
    private const int Sigterm = 15;
    private const int Sigcont = 18;
    private const int Sigstop = 19;

    /// <summary>Asks a process to stop.</summary>
    public static void Terminate(int processId) => Send(processId, Sigterm);

    /// <summary>Lets a process stand still until <see cref="Thaw"/>.</summary>
    public static void Freeze(int processId) => Send(processId, Sigstop);

    /// <summary>Lets a process go on.</summary>
    public static void Thaw(int processId) => Send(processId, Sigcont);

    /// <summary>
    /// Sets a variable where native libraries read it, which <see cref="Environment.SetEnvironmentVariable(string, string)"/> does not.
    /// </summary>
    public static void SetVariable(string name, string value)
    {
        if (SetVariable(name, value, overwrite: 1) != 0)
        {
            throw new InvalidOperationException($"the variable {name} could not be set");
        }
    }

    private static void Send(int processId, int signal)
    {
        if (Kill(processId, signal) != 0)
        {
            throw new InvalidOperationException($"no signal could be sent to process {processId}");
        }
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int Kill(int processId, int signal);

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
