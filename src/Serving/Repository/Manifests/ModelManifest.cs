using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>The settings of one model, from its <c>model.json</c> and <c>config.pbtxt</c>. All are optional.</summary>
internal sealed partial record ModelManifest
{
    public const int DefaultMaxQueueLength = 1000;
    public const string DefaultModelFileName = "model.onnx";

    /// <summary>The settings of a model without settings files.</summary>
    public static ModelManifest Default { get; } = new();

    /// <summary>The maximum number of rows in one run; null lets the host choose, 0 neither batches nor splits requests.</summary>
    public int? MaxBatchSize { get; init; }

    /// <summary>How long a request may wait for others to batch with while a runner is free.</summary>
    public TimeSpan MaxQueueDelay { get; init; }

    /// <summary>The maximum queue length; further requests are rejected.</summary>
    public int MaxQueueLength { get; init; } = DefaultMaxQueueLength;

    /// <summary>Which of the versions in the folder are served.</summary>
    public VersionPolicy VersionPolicy { get; init; } = VersionPolicy.All;

    /// <summary>The requested provider; null lets the host choose.</summary>
    public ExecutionProvider? ExecutionProvider { get; init; }

    /// <summary>True to fail the load if the provider is unavailable; false to fall back to CPU.</summary>
    public bool ExecutionProviderRequired { get; init; }

    /// <summary>Idle time after which a version is evicted; null is the host's default, infinite is never.</summary>
    public TimeSpan? IdleTime { get; init; }

    /// <summary>The time that a run may take if its callers name no deadline; null is the host's default, infinite is no limit.</summary>
    public TimeSpan? RunTimeout { get; init; }

    /// <summary>Where it runs; null is the host's default.</summary>
    public IsolationMode? Isolation { get; init; }

    /// <summary>The warm-up run at the end of a load.</summary>
    public WarmUpSettings WarmUp { get; init; } = WarmUpSettings.Default;

    /// <summary>The number of intra-op threads of one run; null lets the host choose.</summary>
    public int? Threads { get; init; }

    /// <summary>Concurrent runs of one version; null lets the host choose.</summary>
    public int? MaxConcurrentRuns { get; init; }

    /// <summary>Copies of a version in a cluster; one process serves one.</summary>
    public ReplicaRange? Replicas { get; init; }

    /// <summary>The file name of the ONNX model in a version's folder.</summary>
    public string ModelFileName { get; init; } = DefaultModelFileName;

    /// <summary>Inputs declared in <c>config.pbtxt</c>, to be validated against the graph.</summary>
    public ImmutableArray<TensorDeclaration> Inputs { get; init; } = [];

    /// <summary>Outputs declared in <c>config.pbtxt</c>, to be validated against the graph.</summary>
    public ImmutableArray<TensorDeclaration> Outputs { get; init; } = [];

    /// <summary>Settings in the files that have no effect.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}

/// <summary>
/// An input or output declared in a <c>config.pbtxt</c>; omitted parts are null. <see cref="Dims"/> (the callers' shape) and
/// <see cref="Reshape"/> (the graph's shape) always include the batch dimension, even if the file omits it. -1 is a free dimension.
/// </summary>
internal sealed record TensorDeclaration(string Name, TensorType? Type, ImmutableArray<long>? Dims, ImmutableArray<long>? Reshape = null);

/// <summary>The warm-up run on synthetic input.</summary>
internal sealed record WarmUpSettings
{
    public static WarmUpSettings Default { get; } = new();

    public static WarmUpSettings Off { get; } = new() { Enabled = false };

    public bool Enabled { get; init; } = true;

    /// <summary>The size of a free first dimension.</summary>
    public int Rows { get; init; } = 1;

    /// <summary>Full shapes (including the batch dimension) for inputs that reject a synthetic shape.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<long>> Shapes { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<long>>(StringComparer.Ordinal);
}
