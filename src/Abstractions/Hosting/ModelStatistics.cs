using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Hosting;

/// <summary>The counters of one version since this process first saw it; they survive an eviction.</summary>
public sealed record ModelStatistics
{
    /// <summary>The version counted.</summary>
    public required ModelId Model { get; init; }

    /// <summary>When the last inference ended; null before the first.</summary>
    public DateTimeOffset? LastInference { get; init; }

    /// <summary>Inferences answered, counted by rows of the batch dimension (Triton's inference count).</summary>
    public long InferenceCount { get; init; }

    /// <summary>Runs of the session; a batch is one.</summary>
    public long ExecutionCount { get; init; }

    /// <summary>Requests answered, and their whole time.</summary>
    public DurationStatistic Success { get; init; }

    /// <summary>Requests that failed, and their whole time.</summary>
    public DurationStatistic Fail { get; init; }

    /// <summary>Waiting for a runner.</summary>
    public DurationStatistic Queue { get; init; }

    /// <summary>Bringing inputs together.</summary>
    public DurationStatistic ComputeInput { get; init; }

    /// <summary>Running the graph.</summary>
    public DurationStatistic ComputeInfer { get; init; }

    /// <summary>Taking outputs apart.</summary>
    public DurationStatistic ComputeOutput { get; init; }

    /// <summary>The same by batch size, ascending.</summary>
    public ImmutableArray<BatchStatistic> Batches { get; init; } = [];

    /// <summary>Memory the session holds, in bytes; 0 while it is not in memory.</summary>
    public long MemoryBytes { get; init; }
}

/// <summary>What the runs of one batch size (rows in a run) took.</summary>
public readonly record struct BatchStatistic(
    long BatchSize, DurationStatistic ComputeInput, DurationStatistic ComputeInfer, DurationStatistic ComputeOutput);

/// <summary>How often something happened, and how long it took in all.</summary>
public readonly record struct DurationStatistic(long Count, long TotalNanoseconds);
