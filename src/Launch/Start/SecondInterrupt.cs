using System.Runtime.InteropServices;

namespace Krewe.Launch.Start;

/// <summary>Exits immediately on a second Ctrl-C.</summary>
public static class SecondInterrupt
{
    public static IDisposable Watch()
    {
        // The host handles the first one by starting a graceful shutdown.
        var count = 0;
        return PosixSignalRegistration.Create(PosixSignal.SIGINT, _ =>
        {
            if (Interlocked.Increment(ref count) > 1)
            {
                Environment.Exit(ExitCode.Interrupted);
            }
        });
    }
}
