using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Repository.Manifests;

/// <summary>The settings of one model, from its <c>model.json</c> and <c>config.pbtxt</c>. Everything is optional.</summary>
internal sealed partial record ModelManifest
{
    public const int DefaultMaxQueueLength = 1000;
    public const string DefaultModelFileName = "model.onnx";

    /// <summary>What a model without settings has.</summary>
    public static ModelManifest Default { get; } = new();

    /// <summary>The most rows in one run; null leaves it to the host, 0 neither joins nor splits requests.</summary>
    public int? MaxBatchSize { get; init; }

    /// <summary>How long a request may wait for others while a runner is free.</summary>
    public TimeSpan MaxQueueDelay { get; init; }

    /// <summary>The most requests that wait; one more is refused.</summary>
    public int MaxQueueLength { get; init; } = DefaultMaxQueueLength;

    /// <summary>Which of the versions in the folder are served.</summary>
    public VersionPolicy VersionPolicy { get; init; } = VersionPolicy.All;

    /// <summary>The provider asked for; null leaves it to the host.</summary>
    public ExecutionProvider? ExecutionProvider { get; init; }

    /// <summary>True where a load is refused when the provider is not there, false where CPU takes its place.</summary>
    public bool ExecutionProviderRequired { get; init; }

    /// <summary>After how long without a call a version leaves memory: null is the host's default, infinite is never.</summary>
    public TimeSpan? IdleTime { get; init; }

    /// <summary>The run on made-up input that ends a load.</summary>
    public WarmUpSettings WarmUp { get; init; } = WarmUpSettings.Default;

    /// <summary>Threads one run may use inside an operator; null leaves it to the host.</summary>
    public int? Threads { get; init; }

    /// <summary>Runs of one version at the same time; null leaves it to the host.</summary>
    public int? MaxConcurrentRuns { get; init; }

    /// <summary>Copies of a version in a cluster; one process serves one.</summary>
    public ReplicaLimits? Replicas { get; init; }

    /// <summary>The name of the ONNX file in a version's folder.</summary>
    public string ModelFileName { get; init; } = DefaultModelFileName;

    /// <summary>The inputs that a <c>config.pbtxt</c> declares, to be held against the graph.</summary>
    public ImmutableArray<TensorDeclaration> Inputs { get; init; } = [];

    /// <summary>The outputs that a <c>config.pbtxt</c> declares, to be held against the graph.</summary>
    public ImmutableArray<TensorDeclaration> Outputs { get; init; } = [];

    /// <summary>What the files say that has no effect here.</summary>
    public ImmutableArray<string> Warnings { get; init; } = [];
}

/// <summary>How many copies of a version a cluster keeps, at least and at most.</summary>
internal readonly record struct ReplicaLimits(int Min, int Max)
{
    /// <summary>Of a model whose settings say nothing: one copy while somebody calls.</summary>
    public static ReplicaLimits Default { get; } = new(0, 1);
}

/// <summary>
/// An input or output as a <c>config.pbtxt</c> declares it; a part left out is null. <see cref="Dims"/>, which callers see, and
/// <see cref="Reshape"/>, which the graph sees, always have the batch dimension, also where the file leaves it out. -1 is a free dimension.
/// </summary>
internal sealed record TensorDeclaration(string Name, TensorType? Type, ImmutableArray<long>? Dims, ImmutableArray<long>? Reshape = null);

/// <summary>The run on made-up input that ends a load.</summary>
internal sealed record WarmUpSettings
{
    public static WarmUpSettings Default { get; } = new();

    public static WarmUpSettings Off { get; } = new() { Enabled = false };

    public bool Enabled { get; init; } = true;

    /// <summary>The size given to a free first dimension.</summary>
    public int Rows { get; init; } = 1;

    /// <summary>Whole shapes (batch dimension included) for the inputs that a made-up shape does not suit.</summary>
    public ImmutableSortedDictionary<string, ImmutableArray<long>> Shapes { get; init; } =
        ImmutableSortedDictionary.Create<string, ImmutableArray<long>>(StringComparer.Ordinal);
}
