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
    private DurationCounter input;
    private DurationCounter infer;
    private DurationCounter output;
    private long inferences;
    private long executions;
    private long rejections;
    private long lastInferenceTicks;

    /// <summary>True once a request was counted.</summary>
    public bool IsUsed => success.Read().Count > 0 || fail.Read().Count > 0;

    /// <summary>When the last request was answered, in ticks of UTC; 0 if none was.</summary>
    public long LastInferenceTicks => Volatile.Read(ref lastInferenceTicks);

    public DurationStatistic Success => success.Read();

    public DurationStatistic Fail => fail.Read();

    public DurationStatistic Queue => queue.Read();

    public DurationStatistic ComputeInput => input.Read();

    public DurationStatistic ComputeInfer => infer.Read();

    public DurationStatistic ComputeOutput => output.Read();

    /// <summary>Rows that were run.</summary>
    public long Inferences => Volatile.Read(ref inferences);

    /// <summary>Runs, a batch being one.</summary>
    public long Executions => Volatile.Read(ref executions);

    /// <summary>Requests rejected because the queue was full.</summary>
    public long Rejections => Volatile.Read(ref rejections);

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
        Interlocked.Increment(ref executions);
        Interlocked.Add(ref inferences, rows);
        input.Add(times.Input, requests);
        infer.Add(times.Infer, requests);
        output.Add(times.Output, requests);
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
        Batches = [.. batches.OrderBy(batch => batch.Key).Select(batch => batch.Value.Read(batch.Key))],
        MemoryBytes = memoryBytes,
    };
}

/// <summary>The time spent in runs of one batch size.</summary>
internal sealed class BatchCounter
{
    private DurationCounter input;
    private DurationCounter infer;
    private DurationCounter output;

    public void Add(in RunTimes times)
    {
        input.Add(times.Input);
        infer.Add(times.Infer);
        output.Add(times.Output);
    }

    public BatchStatistic Read(int size) => new(size, input.Read(), infer.Read(), output.Read());
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
