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
internal sealed class BatchQueue : RunSource, IDisposable
{
    private readonly Lock gate = new();
    private readonly Queue<PendingInference> waiting = new();
    private readonly BatchRunner runner;
    private readonly RunnerThreads threads;
    private readonly BatchQueueOptions options;
    private readonly VersionStatistics statistics;
    private readonly TimeProvider time;
    private readonly ITimer? delayTimer;
    private int lastTaken;
    private long lastDurationTicks;
    private long waitingRows;
    private volatile int length;
    private volatile bool isDelayed;

    public BatchQueue(BatchRunner runner, BatchQueueOptions options, RunnerThreads threads, VersionStatistics statistics, TimeProvider time)
    {
        (this.runner, this.options, this.threads, this.statistics, this.time) = (runner, options, threads, statistics, time);
        delayTimer = options.MaxDelay > TimeSpan.Zero
            ? time.CreateTimer(static queue => ((BatchQueue)queue!).EndDelay(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan)
            : null;
    }

    /// <summary>The number of waiting requests.</summary>
    public int Length => length;

    public override int MaxConcurrentRuns => options.MaxConcurrentRuns;

    public override bool HasWork(int activeRuns) => !isDelayed && BatchPlan.IsWorthARun(
        length, activeRuns, Volatile.Read(ref lastTaken), TimeSpan.FromTicks(Volatile.Read(ref lastDurationTicks)));

    /// <summary>Adds a request; throws <see cref="KreweErrorCode.Overloaded"/> at once if the queue is full.</summary>
    public void Enqueue(PendingInference pending)
    {
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

        threads.Signal(this);
    }

    public override void RunNext()
    {
        var batch = TakeBatch();
        if (batch.Count > 0)
        {
            var start = time.GetTimestamp();
            runner.Run(batch, options.MaxBatchSize);
            Volatile.Write(ref lastDurationTicks, time.GetElapsedTime(start).Ticks);
        }
    }

    public void Dispose() => delayTimer?.Dispose();

    private List<PendingInference> TakeBatch()
    {
        var batch = new List<PendingInference>(Math.Min(length, Math.Max(1, options.MaxBatchSize)));
        lock (gate)
        {
            var rows = 0;
            while (waiting.TryPeek(out var next) && (next.IsAbandoned || CanTake(batch, next, rows)))
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

    private bool CanTake(List<PendingInference> batch, PendingInference next, int rows) =>
        batch.Count == 0 || BatchPlan.Fits(batch[0], next, rows, options.MaxBatchSize);

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
