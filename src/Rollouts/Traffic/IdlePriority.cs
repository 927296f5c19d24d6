using System.Runtime.InteropServices;

namespace Krewe.Rollouts.Traffic;

/// <summary>A thread that takes only the processor time that nobody else wants.</summary>
public static partial class IdlePriority
{
    // SCHED_IDLE, see sched(7): below every niceness, and whoever wakes up takes the processor from it at once.
    private const int Idle = 5;

    /// <summary>Makes the calling thread such a one; where the system knows none, one of the lowest priority.</summary>
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
