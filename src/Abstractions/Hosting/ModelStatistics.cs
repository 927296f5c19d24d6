using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Hosting;

/// <summary>The counters of one version since this process first saw it; they survive evictions.</summary>
public sealed record ModelStatistics
{
    /// <summary>The version.</summary>
    public required ModelId Model { get; init; }

    /// <summary>When the last inference ended; null before the first.</summary>
    public DateTimeOffset? LastInference { get; init; }

    /// <summary>Inferences answered, counted in rows of the batch dimension (Triton's inference count).</summary>
    public long InferenceCount { get; init; }

    /// <summary>Session runs; a batch counts as one.</summary>
    public long ExecutionCount { get; init; }

    /// <summary>Successful requests and their total time.</summary>
    public DurationStatistic Success { get; init; }

    /// <summary>Failed requests and their total time.</summary>
    public DurationStatistic Fail { get; init; }

    /// <summary>Time spent waiting for a runner.</summary>
    public DurationStatistic Queue { get; init; }

    /// <summary>Time spent gathering the inputs of a batch.</summary>
    public DurationStatistic ComputeInput { get; init; }

    /// <summary>Time spent running the graph.</summary>
    public DurationStatistic ComputeInfer { get; init; }

    /// <summary>Time spent splitting the outputs.</summary>
    public DurationStatistic ComputeOutput { get; init; }

    /// <summary>The same, by batch size, ascending.</summary>
    public ImmutableArray<BatchStatistic> Batches { get; init; } = [];

    /// <summary>Memory held by the session, in bytes; 0 while not in memory.</summary>
    public long MemoryBytes { get; init; }
}

/// <summary>Time spent in the runs of one batch size (rows in a run).</summary>
public readonly record struct BatchStatistic(
    long BatchSize, DurationStatistic ComputeInput, DurationStatistic ComputeInfer, DurationStatistic ComputeOutput);

/// <summary>A count of occurrences and their total duration.</summary>
public readonly record struct DurationStatistic(long Count, long TotalNanoseconds);
