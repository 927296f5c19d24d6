using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Hosting;

/// <summary>The effective settings of a version, with defaults filled in.</summary>
public sealed record ModelConfiguration
{
    /// <summary>The version.</summary>
    public required ModelId Model { get; init; }

    /// <summary>The inputs of the ONNX graph.</summary>
    public required ImmutableArray<TensorSpec> Inputs { get; init; }

    /// <summary>The outputs of the ONNX graph.</summary>
    public required ImmutableArray<TensorSpec> Outputs { get; init; }

    /// <summary>The maximum number of rows in one run; 0 if requests are neither batched nor split.</summary>
    public required int MaxBatchSize { get; init; }

    /// <summary>Why requests are never batched, as a sentence; null if they are.</summary>
    public string? BatchingDisabledReason { get; init; }

    /// <summary>How long a request may wait for others to batch with while a runner is free.</summary>
    public required TimeSpan MaxQueueDelay { get; init; }

    /// <summary>The maximum queue length; further requests are rejected.</summary>
    public required int MaxQueueLength { get; init; }

    /// <summary>The version policy as text: <c>all</c>, <c>latest 2</c>, <c>specific 1,3</c>.</summary>
    public required string VersionPolicy { get; init; }

    /// <summary>The versions named by a <c>specific</c> policy.</summary>
    public ImmutableArray<long> SpecificVersions { get; init; } = [];

    /// <summary>The number of newest versions served by a <c>latest</c> policy; otherwise null.</summary>
    public int? LatestVersions { get; init; }

    /// <summary>The requested execution provider; null lets the host choose.</summary>
    public required ExecutionProvider? ExecutionProvider { get; init; }

    /// <summary>True to fail the load if the requested provider is unavailable; false to fall back to CPU.</summary>
    public required bool ExecutionProviderRequired { get; init; }

    /// <summary>The provider of the loaded session; null while not in memory.</summary>
    public ExecutionProvider? ActiveExecutionProvider { get; init; }

    /// <summary>Idle time after which the version is evicted; null for never.</summary>
    public required TimeSpan? IdleTime { get; init; }

    /// <summary>The time that a run may take if its callers name no deadline; null for no limit.</summary>
    public TimeSpan? RunTimeout { get; init; }

    /// <summary>True if it runs in a worker process.</summary>
    public bool IsIsolated { get; init; }

    /// <summary>Why it is isolated, or would be if it could be; null for a graph that cannot harm its process.</summary>
    public string? IsolationReason { get; init; }

    /// <summary>When and during what a process ended that this version may have ended, within the last day; null if none did.</summary>
    public string? LastCrash { get; init; }

    /// <summary>True to end a load with a warm-up run on synthetic input.</summary>
    public required bool WarmUp { get; init; }

    /// <summary>The number of intra-op threads of one run.</summary>
    public required int Threads { get; init; }
}
