using System.Collections.Immutable;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>Knows the runs under way in this process and terminates its own that pass their time limit.</summary>
internal sealed class RunWatch : IDisposable
{
    /// <summary>How often the runs under way are checked.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    /// <summary>How long a terminated run may go on before it counts as stuck.</summary>
    public static readonly TimeSpan Margin = TimeSpan.FromSeconds(10);

    // A slot for each thread that has ever run a model: beginning and ending a run takes no lock.
    private static ImmutableArray<WeakReference<Slot>> slots = [];

    [ThreadStatic]
    private static Slot? own;

    private readonly TimeProvider time;
    private readonly ITimer timer;

    public RunWatch(TimeProvider time)
    {
        this.time = time;
        timer = time.CreateTimer(static watch => ((RunWatch)watch!).Check(), this, Interval, Interval);
    }

    /// <summary>Terminates the runs of a session that are under way.</summary>
    public static void Terminate(OnnxSession session)
    {
        // A run that begins now is in its slot, or sees that its session is terminated.
        Interlocked.MemoryBarrier();
        foreach (var run in ReadRuns().Where(run => run.Session == session))
        {
            run.Terminate();
        }
    }

    /// <summary>The present, as a timestamp.</summary>
    public long Now => time.GetTimestamp();

    /// <summary>The versions' runs of a kind that were terminated long ago and still go on.</summary>
    public int CountStuck(RunKind kind) => ReadRuns().Count(run => run.Session.Watch == this && run.Kind == kind
        && run.TerminatedAt is not 0 and var at && time.GetElapsedTime(at) > Margin);

    public void Dispose() => timer.Dispose();

    /// <summary>Begins a run on this thread.</summary>
    internal NativeRun Begin(OnnxSession session, int waiting, TimeSpan limit, RunKind kind)
    {
        var run = new NativeRun(
            session, session.BeginGraphRun(kind == RunKind.Background), waiting, limit, time.GetTimestamp()) { Kind = kind };
        Interlocked.Exchange(ref (own ??= AddSlot()).Run, run);
        return run;
    }

    /// <summary>Ends the run of this thread.</summary>
    internal static void End() => Volatile.Write(ref own!.Run, null);

    private static Slot AddSlot()
    {
        var added = new Slot();
        ImmutableInterlocked.Update(
            ref slots, static (all, added) => [.. all.Where(static slot => slot.TryGetTarget(out _)), new WeakReference<Slot>(added)],
            added);
        return added;
    }

    private static IEnumerable<NativeRun> ReadRuns()
    {
        foreach (var slot in slots)
        {
            if (slot.TryGetTarget(out var target) && Volatile.Read(ref target.Run) is { } run)
            {
                yield return run;
            }
        }
    }

    private void Check()
    {
        foreach (var run in ReadRuns())
        {
            if (run.Session.Watch == this && run.Limit != Timeout.InfiniteTimeSpan && time.GetElapsedTime(run.Start) > run.Limit)
            {
                run.TimeOut();
            }
        }
    }

    private sealed class Slot
    {
        public NativeRun? Run;
    }
}
