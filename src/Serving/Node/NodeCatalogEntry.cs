using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Node;

/// <summary>One version in this process's repository, as far as a cluster needs to know it.</summary>
/// <param name="Name">The model.</param>
/// <param name="Version">The version; null for a model that has none that can be served.</param>
/// <param name="EstimatedBytes">What a load is expected to need, in bytes: measured where it was loaded before, else from its
/// files.</param>
/// <param name="Artifact">What the files are by size and time; another text, another artifact.</param>
/// <param name="Provider">The execution provider its settings name.</param>
/// <param name="ProviderRequired">True where it must not be loaded without that provider.</param>
/// <param name="MinReplicas">Replicas its settings want at least.</param>
/// <param name="MaxReplicas">Replicas its settings allow at most.</param>
/// <param name="Error">Why it cannot serve; empty where it can.</param>
public sealed record NodeCatalogEntry(
    ModelName Name, ModelVersion? Version, long EstimatedBytes, string Artifact, ExecutionProvider? Provider, bool ProviderRequired,
    int MinReplicas, int MaxReplicas, string Error);

/// <summary>Memory and queues of a process at one moment.</summary>
/// <param name="BudgetBytes">What sessions may hold together.</param>
/// <param name="UsedBytes">What sessions hold and loads under way have reserved.</param>
/// <param name="Sessions">Versions in memory.</param>
/// <param name="QueueDepth">Requests that wait in all queues.</param>
public readonly record struct NodeCapacity(long BudgetBytes, long UsedBytes, int Sessions, int QueueDepth);
