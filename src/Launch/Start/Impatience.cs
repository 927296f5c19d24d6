using System.Runtime.InteropServices;

namespace Krewe.Launch.Start;

/// <summary>Ends the process at once when Ctrl-C comes a second time.</summary>
public static class Impatience
{
    public static IDisposable Watch()
    {
        // The first one is the host's, which begins to stop.
        var seen = 0;
        return PosixSignalRegistration.Create(PosixSignal.SIGINT, _ =>
        {
            if (Interlocked.Increment(ref seen) > 1)
            {
                Environment.Exit(ExitCode.Interrupted);
            }
        });
    }
}
