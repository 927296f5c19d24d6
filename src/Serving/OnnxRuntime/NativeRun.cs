namespace Krewe.Serving.OnnxRuntime;

/// <summary>
/// One run, or several in a row, of a session. It is terminated when it passes its time limit or when nobody waits for it any more: ONNX
/// Runtime then returns an error after the operator at hand, in a loop after the iteration. It begins and ends on one thread; others may
/// terminate it. Lock-free, because low-priority threads run models too.
/// </summary>
internal sealed class NativeRun : IDisposable
{
    private readonly GraphRun run;
    private int waiting;
    private volatile bool isTerminated;
    private long terminatedAt;

    /// <summary>Uses of the graph's run: by this one, and by each thread that is terminating it.</summary>
    private int uses = 1;

    /// <summary>See <see cref="OnnxSession.Begin"/>.</summary>
    internal NativeRun(OnnxSession session, GraphRun run, int waiting, TimeSpan limit, long start)
    {
        (Session, this.run, this.waiting, Limit, Start) = (session, run, waiting, limit, start);
    }

    /// <summary>The session that runs.</summary>
    public OnnxSession Session { get; }

    /// <summary>The time after which it is terminated; infinite for none.</summary>
    public TimeSpan Limit { get; }

    /// <summary>When it began, as a timestamp.</summary>
    public long Start { get; }

    /// <summary>What waits for it.</summary>
    public RunKind Kind { get; init; }

    /// <summary>True once it was terminated.</summary>
    public bool IsTerminated => isTerminated;

    /// <summary>When it was terminated, as a timestamp; 0 before.</summary>
    public long TerminatedAt => Volatile.Read(ref terminatedAt);

    /// <summary>True if it was terminated at its time limit.</summary>
    public bool IsTimedOut { get; private set; }

    /// <summary>For the graph, while it runs.</summary>
    internal GraphRun Run => run;

    /// <summary>One of those that wait for it has given up; the last one terminates it.</summary>
    public void GiveUp()
    {
        if (Interlocked.Decrement(ref waiting) == 0)
        {
            Terminate();
        }
    }

    /// <summary>Terminates it at its time limit.</summary>
    public void TimeOut()
    {
        if (!isTerminated)
        {
            IsTimedOut = true;
            Terminate();
        }
    }

    /// <summary>Terminates it, if it is not over.</summary>
    public void Terminate()
    {
        for (var seen = Volatile.Read(ref uses); seen > 0; seen = Volatile.Read(ref uses))
        {
            if (Interlocked.CompareExchange(ref uses, seen + 1, seen) == seen)
            {
                isTerminated = true;
                Interlocked.CompareExchange(ref terminatedAt, Session.Watch.Now, 0);
                run.Terminate();
                EndUse();
                return;
            }
        }
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        RunWatch.End();
        EndUse();
    }

    private void EndUse()
    {
        if (Interlocked.Decrement(ref uses) == 0)
        {
            run.Release(isTerminated);
        }
    }
}

/// <summary>What waits for a run.</summary>
internal enum RunKind
{
    /// <summary>Callers.</summary>
    Foreground,

    /// <summary>No caller: all other runs come first.</summary>
    Background,

    /// <summary>A load, which warms the session up.</summary>
    Load,
}
