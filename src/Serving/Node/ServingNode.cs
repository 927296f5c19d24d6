using System.Collections.Immutable;
using System.Globalization;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Serving.Isolation;
using Krewe.Serving.Loading;
using Krewe.Serving.Memory;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository;
using Krewe.Serving.Statistics;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Node;

/// <inheritdoc cref="IServingNode"/>
internal sealed class ServingNode(
    LocalModelHost host, ModelRepository repository, ServedModels models, VersionCalls calls, VersionLoader loader, MemoryBudget budget,
    SessionRegister sessions, ExecutionProviders providers, Workers workers, TimeProvider time)
    : IServingNode
{
    public event Action<ModelId>? SessionLoaded
    {
        add => sessions.Loaded += value;
        remove => sessions.Loaded -= value;
    }

    public event Action<ModelId>? SessionFreed
    {
        add => sessions.Freed += value;
        remove => sessions.Freed -= value;
    }

    public IModelHost Host => host;

    public string Settling => repository.Settling;

    // Each of the two only increases, so their sum does too.
    public long CatalogSequence => models.Changes + sessions.FailureChanges;

    public ImmutableArray<ExecutionProvider> Providers => providers.Present;

    public ImmutableArray<CatalogEntry> ReadCatalog() => [.. models.All.OrderBy(model => model.Name).SelectMany(Describe)];

    public CatalogEntry? Find(ModelId model) => models.Find(model) is { } version ? Describe(version) : null;

    public NodeCapacity ReadCapacity() => new(budget.Bytes, budget.AccountedBytes, sessions.Count, sessions.QueueDepth);

    public ImmutableArray<ModelId> ReadSessions() => sessions.Read();

    public int QueueDepth(ModelId model) => models.Find(model)?.Loaded?.Queue.Length ?? 0;

    public ValueTask<InferenceResponse> InferAsync(InferenceCall call) => calls.InferAsync(call);

    public async ValueTask ReleaseAsync(ModelId model, CancellationToken cancellationToken)
    {
        if (models.Find(model) is { } version)
        {
            await loader.ReleaseAsync(version, EvictionReason.Release).WaitAsync(cancellationToken);
        }
    }

    public async ValueTask ExcludeAsync(
        ModelName model, IReadOnlyDictionary<long, VersionExclusion> versions, CancellationToken cancellationToken) =>
        await Task.WhenAll(models.Exclude(model, versions).Select(loader.DrainExcludedAsync)).WaitAsync(cancellationToken);

    public void Refuse(ModelId model, string inputs, DateTimeOffset at)
    {
        var age = time.GetUtcNow() - at;
        if (age <= SuspectInputs.Period
            && UInt128.TryParse(inputs, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var hash))
        {
            workers.RefuseHere(model, hash, age > TimeSpan.Zero ? age : TimeSpan.Zero);
        }
    }

    public ValueTask HoldAsync(ModelName model, IReadOnlyCollection<ModelVersion> versions)
    {
        if (models.Hold(model, versions))
        {
            budget.SignalCapacity();
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>The versions of a model, ascending; one entry without a version if it has none.</summary>
    private static IEnumerable<CatalogEntry> Describe(ServedModel model) => model.Versions.IsEmpty
        ? [new CatalogEntry { Name = model.Name, Version = null, Error = model.Error ?? "it has no version" }]
        : model.Versions.Select(Describe);

    private static CatalogEntry Describe(ServedVersion version)
    {
        var (artifact, manifest) = (version.Artifact, version.Artifact.Manifest);
        return new CatalogEntry
        {
            Name = version.Id.Name,
            Version = version.Id.Version,
            EstimatedBytes = version.MeasuredBytes is > 0 and var measured ? measured : LoadMeter.EstimateLoaded(artifact.Stamp.FileBytes),
            RequiredProvider = manifest.ExecutionProviderRequired ? manifest.ExecutionProvider : null,
            PreferredProvider = manifest.ExecutionProvider,
            Replicas = manifest.Replicas ?? ReplicaRange.Default,
            Error = artifact.Error ?? version.Failure?.Reason ?? "",
            Artifact = artifact.Stamp.Identity,
        };
    }
}
