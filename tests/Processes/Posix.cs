using System.Runtime.InteropServices;

namespace Krewe.Processes;

/// <summary>What the class library does not have.</summary>
public static partial class Posix
{
    /// <summary>What Ctrl-C sends.</summary>
    public const int Sigint = 2;

    /// <summary>Asks a process to stop.</summary>
    public const int Sigterm = 15;

    /// <summary>Lets a process go on.</summary>
    public const int Sigcont = 18;

    /// <summary>Lets a process stand still.</summary>
    public const int Sigstop = 19;

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

    /// <summary>Sends a signal to a process.</summary>
    public static void Send(int processId, int signal)
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
