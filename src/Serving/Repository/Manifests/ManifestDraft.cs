using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>The settings from one of the two files; null where not set.</summary>
internal sealed record ManifestDraft
{
    public int? MaxBatchSize { get; init; }

    public TimeSpan? MaxQueueDelay { get; init; }

    public int? MaxQueueLength { get; init; }

    public VersionPolicy? VersionPolicy { get; init; }

    public ExecutionProvider? ExecutionProvider { get; init; }

    public bool? ExecutionProviderRequired { get; init; }

    public TimeSpan? IdleTime { get; init; }

    public TimeSpan? RunTimeout { get; init; }

    public IsolationMode? Isolation { get; init; }

    public WarmUpSettings? WarmUp { get; init; }

    public int? Threads { get; init; }

    public int? MaxConcurrentRuns { get; init; }

    public ReplicaRange? Replicas { get; init; }

    public string? ModelFileName { get; init; }

    public ImmutableArray<TensorDeclaration> Inputs { get; init; } = [];

    public ImmutableArray<TensorDeclaration> Outputs { get; init; } = [];

    public ImmutableArray<string> Warnings { get; init; } = [];
}
