using System.Diagnostics;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Telemetry;
using Krewe.Serving.Execution;
using Krewe.Serving.Statistics;

namespace Krewe.Serving.Batching;

/// <summary>
/// The request queue of one loaded version. It is bounded; a full queue rejects at once (backpressure). Continuous batching: a request
/// never waits while a runner is idle, and what arrives during a run becomes the next batch. Waiting to fill a batch
/// (<see cref="BatchQueueOptions.MaxDelay"/>) is opt-in.
/// </summary>
internal sealed class BatchQueue : RunSource, IThreadPoolWorkItem, IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<PendingInference> waiting = new();
    private readonly BatchRunner runner;
    private readonly RunnerThreads threads;
    private readonly BatchQueueOptions options;
    private readonly ShortRuns? shortRuns;
    private readonly VersionStatistics statistics;
    private readonly TimeProvider time;
    private readonly ITimer? delayTimer;
    private int lastTaken;
    private long lastDurationTicks;
    private long waitingRows;
    private volatile int length;
    private volatile bool isDelayed;
    private int isPosted;

    public BatchQueue(
        BatchRunner runner, BatchQueueOptions options, RunnerThreads threads, VersionStatistics statistics, TimeProvider time)
    {
        (this.runner, this.options, this.threads, this.statistics, this.time) = (runner, options, threads, statistics, time);
        shortRuns = options.MaxDelay > TimeSpan.Zero || options.MaxConcurrentRuns < threads.RegularCount ? null : runner.ShortRuns;
        delayTimer = options.MaxDelay > TimeSpan.Zero
            ? time.CreateTimer(static queue => ((BatchQueue)queue!).EndDelay(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
            : null;
    }

    /// <summary>The number of waiting requests.</summary>
    public int Length => length;

    public override int MaxConcurrentRuns => options.MaxConcurrentRuns;

    public override bool HasWork(int activeRuns) => !isDelayed && BatchPlan.IsWorthARun(
        length, activeRuns, Volatile.Read(ref lastTaken), TimeSpan.FromTicks(Volatile.Read(ref lastDurationTicks)));

    /// <summary>
    /// Adds a request; throws <see cref="KreweErrorCode.Overloaded"/> at once if the queue is full. One whose run takes microseconds may be
    /// answered when this returns.
    /// </summary>
    public void Enqueue(PendingInference pending)
    {
        var isTiny = shortRuns is not null && shortRuns.IsTiny(pending.InputBytes);
        if (length == 0 && !IsInTurn && (isTiny ? TryRunTiny(pending) : shortRuns is not null && TryRunIdle(shortRuns, pending)))
        {
            return;
        }

        lock (gate)
        {
            if (length >= options.MaxLength && !DropAbandoned())
            {
                statistics.AddRejection();
                throw KreweException.Overloaded(
                    $"the queue of model '{runner.Model}' is full: {options.MaxLength} requests wait", TimeSpan.FromSeconds(1));
            }

            waiting.Enqueue(pending);
            waitingRows += pending.Rows;
            length = waiting.Count;
            Delay();
        }

        if (isTiny)
        {
            Post();
        }
        else
        {
            threads.Signal(this);
        }
    }

    public override void RunNext() => RunNext(options.MaxBatchSize, onlyTiny: false);

    /// <summary>Runs a batch on the thread pool, if its first request may run there.</summary>
    void IThreadPoolWorkItem.Execute()
    {
        // With a full fence: what is enqueued from here on is seen below, or posted again.
        Interlocked.Exchange(ref isPosted, 0);
        if (IsNextTiny())
        {
            RunNext(Math.Min(options.MaxBatchSize, shortRuns!.MostRows), onlyTiny: true);
            if (length > 0)
            {
                Post();
            }
        }
        else
        {
            threads.Signal(this);
        }
    }

    public void Dispose() => delayTimer?.Dispose();

    /// <summary>
    /// True on a scheduler of its own, as in a grain's turn: a run there would keep the next requests from coming, and so from its batch.
    /// </summary>
    private static bool IsInTurn => TaskScheduler.Current != TaskScheduler.Default;

    /// <summary>
    /// Runs a request at once on this thread if there is nothing to gain by waiting: it is never batched, or no other work waits for this
    /// thread, so that no other request is about to come.
    /// </summary>
    private bool TryRunTiny(PendingInference pending)
    {
        var isAlone = pending.Rows == 0 || ThreadPool.PendingWorkItemCount == 0;
        if (isAlone)
        {
            RunHere(pending);
        }

        return isAlone;
    }

    /// <summary>The same for a request whose run is short but not tiny: only while requests come one at a time.</summary>
    private bool TryRunIdle(ShortRuns runs, PendingInference pending)
    {
        if (ActiveRuns > 0 || !runs.TryBeginIdle(pending.InputBytes))
        {
            return false;
        }

        try
        {
            RunHere(pending);
            return true;
        }
        finally
        {
            runs.EndIdle();
        }
    }

    private void RunHere(PendingInference pending)
    {
        if (pending.TryTake())
        {
            statistics.AddQueueTime(TimeSpan.Zero, 1);
            runner.Run(pending, options.MaxBatchSize);
        }
    }

    /// <summary>Has the thread pool run a batch after the work that waits now, which may bring more requests.</summary>
    private void Post()
    {
        if (Interlocked.Exchange(ref isPosted, 1) == 0)
        {
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
        }
    }

    private bool IsNextTiny()
    {
        lock (gate)
        {
            return waiting.TryPeek(out var next) && shortRuns!.IsTiny(next.InputBytes);
        }
    }

    private void RunNext(int maxRows, bool onlyTiny)
    {
        var batch = TakeBatch(maxRows, onlyTiny);
        if (batch.Count > 0)
        {
            var start = time.GetTimestamp();
            runner.Run(batch, options.MaxBatchSize);
            Volatile.Write(ref lastDurationTicks, time.GetElapsedTime(start).Ticks);
        }
    }

    private List<PendingInference> TakeBatch(int maxRows, bool onlyTiny)
    {
        var batch = new List<PendingInference>(Math.Min(length, Math.Max(1, maxRows)));
        lock (gate)
        {
            var rows = 0;
            while (waiting.TryPeek(out var next) && (next.IsAbandoned || CanTake(batch, next, rows, maxRows, onlyTiny)))
            {
                waiting.Dequeue();
                waitingRows -= next.Rows;
                if (next.TryTake())
                {
                    batch.Add(next);
                    rows += Math.Max(1, next.Rows);
                }
            }

            length = waiting.Count;
            Volatile.Write(ref lastTaken, batch.Count);
            Delay();
        }

        if (batch.Count > 0)
        {
            shortRuns?.AddBatch(batch.Count);
        }

        var (now, total) = (time.GetTimestamp(), TimeSpan.Zero);
        foreach (var taken in batch)
        {
            var waited = time.GetElapsedTime(taken.EnqueuedAt, now);
            total += waited;
            if (taken.Span is { } span)
            {
                KreweTelemetry.Source.StartActivity(
                    "krewe.queue", ActivityKind.Internal, span.Context, startTime: time.GetUtcNow() - waited)?.Dispose();
            }
        }

        statistics.AddQueueTime(total, batch.Count);
        return batch;
    }

    private bool CanTake(List<PendingInference> batch, PendingInference next, int rows, int maxRows, bool onlyTiny) =>
        (!onlyTiny || shortRuns!.IsTiny(next.InputBytes)) && (batch.Count == 0 || BatchPlan.Fits(batch[0], next, rows, maxRows));

    private bool DropAbandoned()
    {
        for (var i = waiting.Count; i > 0; i--)
        {
            var next = waiting.Dequeue();
            if (next.IsAbandoned)
            {
                waitingRows -= next.Rows;
            }
            else
            {
                waiting.Enqueue(next);
            }
        }

        length = waiting.Count;
        return length < options.MaxLength;
    }

    /// <summary>Starts or ends the opt-in batching delay. Call with the gate held.</summary>
    private void Delay()
    {
        if (delayTimer is null)
        {
            return;
        }

        // A request that must run alone, or that fills a batch, is not delayed.
        var mayGather = waiting.TryPeek(out var first) && first.Rows > 0 && waitingRows < options.MaxBatchSize;
        var due = mayGather ? options.MaxDelay - time.GetElapsedTime(first!.EnqueuedAt) : TimeSpan.Zero;
        isDelayed = due > TimeSpan.Zero;
        if (isDelayed)
        {
            delayTimer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    private void EndDelay()
    {
        lock (gate)
        {
            isDelayed = false;
        }

        threads.Signal(this);
    }
}

/// <summary>Decides which waiting requests go into the next run; pure.</summary>
internal static class BatchPlan
{
    /// <summary>Approximate time to wake a sleeping thread.</summary>
    public static readonly TimeSpan WakeUpTime = TimeSpan.FromMicroseconds(50);

    /// <summary>
    /// Whether <paramref name="next"/> fits into a run that starts with <paramref name="first"/> and already has <paramref name="taken"/>
    /// rows. The first request always fits; one that exceeds the batch size is split later.
    /// </summary>
    public static bool Fits(PendingInference first, PendingInference next, int taken, int maxBatchSize) =>
        taken == 0 || (taken + next.Rows <= maxBatchSize && first.CanShareRunWith(next));

    /// <summary>
    /// Whether to start another run beside <paramref name="activeRuns"/>. The first run starts for any request. A further one starts when
    /// at least half of the previous batch is waiting, so that concurrent runs do not fragment batches, and when the last run took longer
    /// than waking a thread, which would otherwise come too late.
    /// </summary>
    public static bool IsWorthARun(int waiting, int activeRuns, int lastTaken, TimeSpan lastDuration) =>
        activeRuns == 0 ? waiting > 0 : waiting >= Math.Max(1, lastTaken / 2) && lastDuration >= WakeUpTime;
}
