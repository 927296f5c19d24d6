using System.Runtime.InteropServices;

namespace Krewe.Rollouts.Traffic;

/// <summary>Idle scheduling priority: the thread runs only on otherwise idle processors.</summary>
public static partial class IdlePriority
{
    // SCHED_IDLE, see sched(7): below every nice value; a thread that becomes runnable preempts it at once.
    private const int Idle = 5;

    /// <summary>Gives the calling thread idle priority, or the lowest if the system has none.</summary>
    public static void Take()
    {
        var parameters = 0;
        if (!OperatingSystem.IsLinux() || SetScheduler(0, Idle, in parameters) != 0)
        {
            Thread.CurrentThread.Priority = ThreadPriority.Lowest;
        }
    }

    [LibraryImport("libc", EntryPoint = "sched_setscheduler")]
    private static partial int SetScheduler(int thread, int policy, in int parameters);
}
