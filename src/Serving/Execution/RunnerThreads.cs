using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Execution;

/// <summary>
/// The threads that run models, shared by all of them. Two rules make it fair. A source that has no run under way goes before any
/// source that wants a further one, each in turn. And no source waits behind long runs of others: when one without a run has
/// waited for <see cref="Patience"/> and all threads are busy, an extra thread is started for it (up to a limit), so that the
/// operating system shares the processor out between them.
/// </summary>
internal sealed partial class RunnerThreads : IDisposable
{
    private static readonly TimeSpan ExtraThreadLinger = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan YieldTime = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan JoinPatience = TimeSpan.FromSeconds(5);
    private readonly object gate = new();
    private readonly Queue<RunSource> starting = new();
    private readonly Queue<RunSource> widening = new();
    private readonly List<Thread> threads = [];
    private readonly int regular;
    private readonly int limit;
    private readonly TimeProvider time;
    private readonly ILogger<RunnerThreads> logger;
    private int sleeping;
    private int yielding;
    private int active;
    private readonly AutoResetEvent starving = new(false);
    private volatile bool hasListed;
    private bool watching;
    private volatile bool stopping;

    public RunnerThreads(int regularThreads, int extraThreads, TimeProvider time, ILogger<RunnerThreads> logger)
    {
        (regular, limit) = (regularThreads, regularThreads + extraThreads);
        (this.time, this.logger) = (time, logger);
        lock (gate)
        {
            for (var i = 0; i < regularThreads; i++)
            {
                StartThread(isExtra: false);
            }
        }

        new Thread(Watch) { IsBackground = true, Name = "krewe-watch" }.Start();
    }

    /// <summary>How long a source without a run waits for a busy thread before it gets one of its own.</summary>
    public static TimeSpan Patience { get; } = TimeSpan.FromMilliseconds(2);

    /// <summary>Threads there are now.</summary>
    public int Count
    {
        get
        {
            lock (gate)
            {
                return threads.Count;
            }
        }
    }

    /// <summary>Threads that are not extra.</summary>
    public int RegularCount => regular;

    /// <summary>Says that a source may have work.</summary>
    public void Signal(RunSource source)
    {
        // Whoever unlists it looks for work after that, so what was added before this look is found.
        if (source.IsListed)
        {
            return;
        }

        lock (gate)
        {
            List(source);
        }
    }

    public void Dispose()
    {
        Thread[] toJoin;
        lock (gate)
        {
            stopping = true;
            Monitor.PulseAll(gate);
            toJoin = [.. threads];
        }

        starving.Set();

        foreach (var thread in toJoin)
        {
            thread.Join(JoinPatience);
        }
    }

    private void List(RunSource source)
    {
        if (source.IsListed || source.ActiveRuns >= source.MaxConcurrentRuns || !source.HasWork(source.ActiveRuns))
        {
            return;
        }

        source.IsListed = true;
        source.ListedAt = time.GetTimestamp();
        (source.ActiveRuns == 0 ? starting : widening).Enqueue(source);
        hasListed = true;
        if (sleeping > 0 && starting.Count + widening.Count > yielding)
        {
            Monitor.Pulse(gate);
        }

        WatchIfStarving();
    }

    /// <summary>A source that was to widen and has no run any more goes where those without one wait.</summary>
    private void Promote(RunSource source)
    {
        if (source.ActiveRuns > 0 || !source.IsListed)
        {
            return;
        }

        for (var left = widening.Count; left > 0; left--)
        {
            var other = widening.Dequeue();
            (other == source ? starting : widening).Enqueue(other);
        }
    }

    /// <summary>A thread woken but not yet running still counts as sleeping, hence the comparison.</summary>
    private bool IsStarving() => starting.Count > sleeping + yielding && threads.Count < limit;

    private void WatchIfStarving()
    {
        if (!watching && IsStarving())
        {
            watching = true;
            starving.Set();
        }
    }

    private RunSource? TakeListed()
    {
        var source = starting.Count > 0 ? starting.Dequeue() : active < regular && widening.Count > 0 ? widening.Dequeue() : null;
        if (source is not null)
        {
            source.IsListed = false;
            hasListed = starting.Count + widening.Count > 0;
        }

        return source;
    }

    private void Run(bool isExtra)
    {
        while (WaitForSource(isExtra) is { } source)
        {
            source.RunNext();
            lock (gate)
            {
                source.ActiveRuns--;
                active--;
                Promote(source);
                List(source);
            }
        }
    }

    /// <summary>
    /// The next source to run; null when the thread is to end. Before it sleeps, one thread lets others have the processor for a
    /// moment: under load they bring more work meanwhile, which then costs no waking and runs as one batch, and a caller who asks again
    /// as soon as he has his answer finds it awake.
    /// </summary>
    private RunSource? WaitForSource(bool isExtra)
    {
        lock (gate)
        {
            if (Take() is { } source)
            {
                return source;
            }

            if (yielding > 0)
            {
                return SleepUntilListed(isExtra);
            }

            yielding++;
        }

        LetOthersRun();
        lock (gate)
        {
            yielding--;
            return SleepUntilListed(isExtra);
        }
    }

    private void LetOthersRun()
    {
        var start = time.GetTimestamp();
        do
        {
            Thread.Yield();
        }
        while (!hasListed && time.GetElapsedTime(start) < YieldTime);
    }

    private RunSource? SleepUntilListed(bool isExtra)
    {
        while (!stopping)
        {
            if (Take() is { } source)
            {
                return source;
            }

            sleeping++;
            var woken = Monitor.Wait(gate, isExtra ? ExtraThreadLinger : Timeout.InfiniteTimeSpan);
            sleeping--;
            if (!woken && isExtra && starting.Count == 0)
            {
                break;
            }
        }

        threads.Remove(Thread.CurrentThread);
        return null;
    }

    private RunSource? Take()
    {
        if (TakeListed() is not { } source)
        {
            return null;
        }

        source.ActiveRuns++;
        active++;
        List(source);
        WatchIfStarving();
        return source;
    }

    /// <summary>Starts an extra thread whenever a source without a run has waited too long.</summary>
    private void Watch()
    {
        var patience = Timeout.InfiniteTimeSpan;
        while (!stopping)
        {
            starving.WaitOne(patience);
            lock (gate)
            {
                if (IsStarving() && time.GetElapsedTime(starting.Peek().ListedAt) >= Patience)
                {
                    StartThread(isExtra: true);
                    LogExtraThread(threads.Count);
                }

                watching = IsStarving();
                patience = watching ? Patience : Timeout.InfiniteTimeSpan;
            }
        }
    }

    private void StartThread(bool isExtra)
    {
        var thread = new Thread(() => Run(isExtra)) { IsBackground = true, Name = "krewe-run" };
        threads.Add(thread);
        thread.Start();
    }

    [LoggerMessage(EventId = 120, Level = LogLevel.Debug, Message = "All runner threads were busy for too long; there are {Count} now")]
    private partial void LogExtraThread(int count);
}
