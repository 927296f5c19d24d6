using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;

namespace Krewe.Abstractions.Hosting;

/// <summary>The settings in force for a version, defaults filled in.</summary>
public sealed record ModelConfiguration
{
    /// <summary>The version they are for.</summary>
    public required ModelId Model { get; init; }

    /// <summary>The inputs of the ONNX graph.</summary>
    public required ImmutableArray<TensorSpec> Inputs { get; init; }

    /// <summary>The outputs of the ONNX graph.</summary>
    public required ImmutableArray<TensorSpec> Outputs { get; init; }

    /// <summary>The most rows in one run; 0 where requests are neither run together nor split.</summary>
    public required int MaxBatchSize { get; init; }

    /// <summary>Why requests are never run together, as a sentence; null where they are.</summary>
    public string? BatchingDisabledReason { get; init; }

    /// <summary>How long a request may wait for others while a runner is free.</summary>
    public required TimeSpan MaxQueueDelay { get; init; }

    /// <summary>The most requests that wait; one more is refused.</summary>
    public required int MaxQueueLength { get; init; }

    /// <summary>The version policy as text: <c>all</c>, <c>latest 2</c>, <c>specific 1,3</c>.</summary>
    public required string VersionPolicy { get; init; }

    /// <summary>The versions the policy names where it is specific.</summary>
    public ImmutableArray<long> SpecificVersions { get; init; } = [];

    /// <summary>How many of the newest versions the policy serves; null where it is not of that kind.</summary>
    public int? LatestVersions { get; init; }

    /// <summary>The execution provider asked for; null leaves it to the host.</summary>
    public required ExecutionProvider? ExecutionProvider { get; init; }

    /// <summary>True where a load is refused when the provider asked for is not there, false where CPU takes its place.</summary>
    public required bool ExecutionProviderRequired { get; init; }

    /// <summary>The provider the loaded session really has; null while it is not in memory.</summary>
    public ExecutionProvider? ActiveExecutionProvider { get; init; }

    /// <summary>After how long without a call the version leaves memory; null for never.</summary>
    public required TimeSpan? IdleTime { get; init; }

    /// <summary>True where a load ends with a run on made-up input.</summary>
    public required bool WarmUp { get; init; }

    /// <summary>Threads one run may use inside an operator.</summary>
    public required int Threads { get; init; }
}
