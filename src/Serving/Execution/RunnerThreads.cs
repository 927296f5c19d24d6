using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Execution;

/// <summary>
/// The threads that run models, shared by all of them. Fairness: sources without an active run take precedence over sources that want
/// another one, each in FIFO order; and if a source without a run has waited for <see cref="StarvationTimeout"/> while all threads are
/// busy, an extra thread is started for it (up to a limit), so that the operating system shares the processor between long runs.
/// </summary>
internal sealed partial class RunnerThreads : IDisposable
{
    private static readonly TimeSpan ExtraThreadLinger = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan YieldTime = TimeSpan.FromMicroseconds(100);
    private static readonly TimeSpan JoinTimeout = TimeSpan.FromSeconds(5);
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

    /// <summary>How long a source without an active run waits before an extra thread is started for it.</summary>
    public static TimeSpan StarvationTimeout { get; } = TimeSpan.FromMilliseconds(2);

    /// <summary>The current number of threads.</summary>
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

    /// <summary>The number of regular (not extra) threads.</summary>
    public int RegularCount => regular;

    /// <summary>Signals that a source may have work.</summary>
    public void Signal(RunSource source)
    {
        // A source is checked for work again after it is unlisted, so work added before this read is not missed.
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
            thread.Join(JoinTimeout);
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

    /// <summary>Moves a listed source without an active run from the widening to the starting queue.</summary>
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

    /// <summary>A thread that was woken but does not run yet still counts as sleeping, hence the comparison.</summary>
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
    /// The next source to run; null if the thread should end. Before sleeping, one thread yields the processor for <see cref="YieldTime"/>:
    /// under load more requests arrive meanwhile, which then need no wake-up and run as one batch, and a caller that sends its next request
    /// on receiving a response finds the thread awake.
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

    /// <summary>Starts an extra thread when a source without an active run has waited too long.</summary>
    private void Watch()
    {
        var timeout = Timeout.InfiniteTimeSpan;
        while (!stopping)
        {
            starving.WaitOne(timeout);
            lock (gate)
            {
                if (IsStarving() && time.GetElapsedTime(starting.Peek().ListedAt) >= StarvationTimeout)
                {
                    StartThread(isExtra: true);
                    LogExtraThread(threads.Count);
                }

                watching = IsStarving();
                timeout = watching ? StarvationTimeout : Timeout.InfiniteTimeSpan;
            }
        }
    }

    private void StartThread(bool isExtra)
    {
        var thread = new Thread(() => Run(isExtra)) { IsBackground = true, Name = "krewe-run" };
        threads.Add(thread);
        thread.Start();
    }

    [LoggerMessage(EventId = 120, Level = LogLevel.Debug, Message = "All runner threads are busy; added one, now {Count}")]
    private partial void LogExtraThread(int count);
}
