using System.Collections.Concurrent;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Statistics;

/// <summary>The counters of one version; they outlive its sessions.</summary>
internal sealed class VersionStatistics
{
    private readonly ConcurrentDictionary<int, BatchCounter> batches = new();
    private DurationCounter success;
    private DurationCounter fail;
    private DurationCounter queue;
    private long answered;
    private long rejections;
    private long lastInferenceTicks;

    /// <summary>True once a request was counted.</summary>
    public bool IsUsed => success.Read().Count > 0 || fail.Read().Count > 0;

    /// <summary>When the last request was answered, in ticks of UTC; 0 if none was.</summary>
    public long LastInferenceTicks => Volatile.Read(ref lastInferenceTicks);

    public DurationStatistic Success => success.Read();

    public DurationStatistic Fail => fail.Read();

    public DurationStatistic Queue => queue.Read();

    public DurationStatistic ComputeInput => Compute(static batch => batch.ComputeInput);

    public DurationStatistic ComputeInfer => Compute(static batch => batch.ComputeInfer);

    public DurationStatistic ComputeOutput => Compute(static batch => batch.ComputeOutput);

    /// <summary>Rows that were run.</summary>
    public long Inferences => Batches.Sum(static batch => batch.BatchSize * batch.ComputeInfer.Count);

    /// <summary>Runs, a batch being one.</summary>
    public long Executions => Batches.Sum(static batch => batch.ComputeInfer.Count);

    /// <summary>Requests rejected because the queue was full.</summary>
    public long Rejections => Volatile.Read(ref rejections);

    private IEnumerable<BatchStatistic> Batches => batches.Select(static batch => batch.Value.Read(batch.Key));

    public void AddRejection() => Interlocked.Increment(ref rejections);

    public void AddSuccess(TimeSpan duration, DateTimeOffset now)
    {
        success.Add(duration);
        Volatile.Write(ref lastInferenceTicks, now.UtcTicks);
    }

    public void AddFailure(TimeSpan duration) => fail.Add(duration);

    public void AddQueueTime(TimeSpan total, int requests) => queue.Add(total, requests);

    /// <summary>Counts one run that answered <paramref name="requests"/> requests with <paramref name="rows"/> rows in total.</summary>
    public void AddRun(int requests, int rows, in RunTimes times)
    {
        Interlocked.Add(ref answered, requests);
        batches.GetOrAdd(rows, static _ => new BatchCounter()).Add(times);
    }

    public ModelStatistics Read(ModelId model, long memoryBytes) => new()
    {
        Model = model,
        LastInference = Volatile.Read(ref lastInferenceTicks) is > 0 and var ticks ? new DateTimeOffset(ticks, TimeSpan.Zero) : null,
        InferenceCount = Inferences,
        ExecutionCount = Executions,
        Success = Success,
        Fail = Fail,
        Queue = Queue,
        ComputeInput = ComputeInput,
        ComputeInfer = ComputeInfer,
        ComputeOutput = ComputeOutput,
        Batches = [.. Batches.OrderBy(static batch => batch.BatchSize)],
        MemoryBytes = memoryBytes,
    };

    /// <summary>The time of all runs. As in Triton, its count is the requests that they answered.</summary>
    private DurationStatistic Compute(Func<BatchStatistic, DurationStatistic> phase) =>
        new(Volatile.Read(ref answered), Batches.Sum(batch => phase(batch).TotalNanoseconds));
}

/// <summary>Counts the runs of one batch size and the time spent in them.</summary>
internal sealed class BatchCounter
{
    private long runs;
    private long input;
    private long infer;
    private long output;

    public void Add(in RunTimes times)
    {
        Interlocked.Increment(ref runs);
        Interlocked.Add(ref input, times.Input.Ticks);
        Interlocked.Add(ref infer, times.Infer.Ticks);
        Interlocked.Add(ref output, times.Output.Ticks);
    }

    public BatchStatistic Read(int size)
    {
        var count = Volatile.Read(ref runs);
        return new(size, Of(ref input), Of(ref infer), Of(ref output));

        DurationStatistic Of(ref long ticks) => new(count, Volatile.Read(ref ticks) * TimeSpan.NanosecondsPerTick);
    }
}

/// <summary>Counts occurrences and their total duration; thread-safe.</summary>
internal struct DurationCounter
{
    private long count;
    private long nanoseconds;

    /// <summary>Adds occurrences with this total duration.</summary>
    public void Add(TimeSpan duration, int occurrences = 1)
    {
        Interlocked.Add(ref count, occurrences);
        Interlocked.Add(ref nanoseconds, duration.Ticks * TimeSpan.NanosecondsPerTick);
    }

    public readonly DurationStatistic Read() => new(Volatile.Read(in count), Volatile.Read(in nanoseconds));
}

/// <summary>The phases of one run: gathering inputs, running the graph, splitting outputs.</summary>
internal readonly record struct RunTimes(TimeSpan Input, TimeSpan Infer, TimeSpan Output);
