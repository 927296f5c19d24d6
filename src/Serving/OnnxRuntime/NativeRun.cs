using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.OnnxRuntime;

/// <summary>
/// One run, or several in a row, of a session. It is terminated when it passes its time limit or when nobody waits for it any more: ONNX
/// Runtime then returns an error after the operator at hand, in a loop after the iteration. Thread-safe.
/// </summary>
internal sealed class NativeRun : IDisposable
{
    private readonly Lock gate = new();
    private readonly RunOptions options;
    private readonly RunWatch watch;
    private int waiting;
    private bool isOver;

    /// <summary>Begins a run; see <see cref="OnnxSession.Begin"/>.</summary>
    internal NativeRun(OnnxSession session, RunWatch watch, int waiting, TimeSpan limit, long start)
    {
        (Session, this.watch, this.waiting, Limit, Start) = (session, watch, waiting, limit, start);
        options = session.TakeOptions();
        watch.Add(this);
    }

    /// <summary>The session that runs.</summary>
    public OnnxSession Session { get; }

    /// <summary>The time after which it is terminated; infinite for none.</summary>
    public TimeSpan Limit { get; }

    /// <summary>When it began, as a timestamp.</summary>
    public long Start { get; }

    /// <summary>True once it was terminated.</summary>
    public bool IsTerminated { get; private set; }

    /// <summary>For ONNX Runtime, while it runs.</summary>
    internal RunOptions Options => options;

    /// <summary>One of those that wait for it has given up; the last one terminates it.</summary>
    public void GiveUp()
    {
        if (Interlocked.Decrement(ref waiting) == 0)
        {
            Terminate();
        }
    }

    /// <summary>Terminates it, if it is not over.</summary>
    public void Terminate()
    {
        lock (gate)
        {
            if (!isOver)
            {
                IsTerminated = options.Terminate = true;
            }
        }
    }

    /// <summary>Ends it.</summary>
    public void Dispose()
    {
        watch.Remove(this);
        lock (gate)
        {
            isOver = true;
        }

        if (IsTerminated)
        {
            options.Dispose();
        }
        else
        {
            Session.GiveBack(options);
        }
    }
}

/// <summary>Terminates runs that pass their time limit.</summary>
internal sealed class RunWatch : IDisposable
{
    /// <summary>How often the runs under way are checked.</summary>
    public static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(100);

    private readonly Lock gate = new();
    private readonly HashSet<NativeRun> runs = [];
    private readonly TimeProvider time;
    private readonly ITimer timer;

    public RunWatch(TimeProvider time)
    {
        this.time = time;
        timer = time.CreateTimer(static watch => ((RunWatch)watch!).Check(), this, Interval, Interval);
    }

    /// <summary>Terminates the runs of a session that are under way.</summary>
    public void Terminate(OnnxSession session) => Terminate(run => run.Session == session);

    public void Dispose() => timer.Dispose();

    internal void Add(NativeRun run)
    {
        lock (gate)
        {
            runs.Add(run);
        }
    }

    internal void Remove(NativeRun run)
    {
        lock (gate)
        {
            runs.Remove(run);
        }
    }

    internal NativeRun Begin(OnnxSession session, int waiting, TimeSpan limit) => new(session, this, waiting, limit, time.GetTimestamp());

    private void Check() => Terminate(
        run => run.Limit != Timeout.InfiniteTimeSpan && time.GetElapsedTime(run.Start) > run.Limit);

    private void Terminate(Predicate<NativeRun> isMeant)
    {
        NativeRun[] meant;
        lock (gate)
        {
            meant = [.. runs.Where(run => isMeant(run))];
        }

        Array.ForEach(meant, static run => run.Terminate());
    }
}
