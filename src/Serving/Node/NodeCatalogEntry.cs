using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Node;

/// <summary>The catalog entry of one version in this process's repository.</summary>
/// <param name="Name">The model.</param>
/// <param name="Version">The version; null for a model without a servable version.</param>
/// <param name="EstimatedBytes">Estimated memory of a load, in bytes: as measured by an earlier load, otherwise from the file size.</param>
/// <param name="Artifact">Identity of the files, from names, sizes and times; differs if the files differ.</param>
/// <param name="Provider">The execution provider named in its settings.</param>
/// <param name="ProviderRequired">True if it must not be loaded without that provider.</param>
/// <param name="MinReplicas">The minimum number of replicas.</param>
/// <param name="MaxReplicas">The maximum number of replicas.</param>
/// <param name="Error">Why it cannot serve; empty if it can.</param>
public sealed record NodeCatalogEntry(
    ModelName Name, ModelVersion? Version, long EstimatedBytes, string Artifact, ExecutionProvider? Provider, bool ProviderRequired,
    int MinReplicas, int MaxReplicas, string Error);

/// <summary>Memory usage and queue depth of a process at one moment.</summary>
/// <param name="BudgetBytes">The memory budget for sessions.</param>
/// <param name="UsedBytes">Memory held by sessions and reserved by loads in progress.</param>
/// <param name="Sessions">The number of loaded versions.</param>
/// <param name="QueueDepth">The number of requests waiting in all queues.</param>
public readonly record struct NodeCapacity(long BudgetBytes, long UsedBytes, int Sessions, int QueueDepth);
