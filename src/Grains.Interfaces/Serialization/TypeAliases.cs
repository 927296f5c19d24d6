using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;
using Orleans.Serialization.Configuration;

[assembly: TypeManifestProvider(typeof(Krewe.Grains.Interfaces.Serialization.TypeAliases))]

namespace Krewe.Grains.Interfaces.Serialization;

/// <summary>
/// Wire names of types of Abstractions and Rollouts, which cannot carry Orleans' attribute. With an alias a type may move to another
/// namespace or assembly without breaking older nodes.
/// </summary>
internal sealed class TypeAliases : TypeManifestProviderBase
{
    /// <summary>All aliases.</summary>
    public static IReadOnlyDictionary<string, Type> All { get; } = new Dictionary<string, Type>
    {
        ["krewe.request"] = typeof(InferenceRequest),
        ["krewe.model-name"] = typeof(ModelName),
        ["krewe.model-version"] = typeof(ModelVersion),
        ["krewe.model-id"] = typeof(ModelId),
        ["krewe.version-selector"] = typeof(VersionSelector),
        ["krewe.model-reference"] = typeof(ModelReference),
        ["krewe.tensor-spec"] = typeof(TensorSpec),
        ["krewe.version-status"] = typeof(ModelVersionStatus),
        ["krewe.metadata"] = typeof(ModelMetadata),
        ["krewe.configuration"] = typeof(ModelConfiguration),
        ["krewe.statistics"] = typeof(ModelStatistics),
        ["krewe.duration-statistic"] = typeof(DurationStatistic),
        ["krewe.batch-statistic"] = typeof(BatchStatistic),
        ["krewe.catalog-entry"] = typeof(CatalogEntry),
        ["krewe.replica-range"] = typeof(ReplicaRange),
        ["krewe.execution-provider"] = typeof(ExecutionProvider),
        ["krewe.error"] = typeof(KreweException),
        ["krewe.traffic"] = typeof(ModelTraffic),
        ["krewe.traffic-route"] = typeof(TrafficRoute),
        ["krewe.rollout-plan"] = typeof(RolloutPlan),
        ["krewe.rollout-counts"] = typeof(RolloutCounts),
        ["krewe.change-author"] = typeof(ChangeAuthor),
    };

    protected override void ConfigureInner(TypeManifestOptions options)
    {
        foreach (var (alias, type) in All)
        {
            options.WellKnownTypeAliases.Add(alias, type);
        }
    }
}
