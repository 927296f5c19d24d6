using System.Collections.Immutable;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Serving.Node;

namespace Krewe.Grains.Nodes;

/// <summary>This silo's repository as other silos see it, rebuilt when it changes. Thread-safe.</summary>
internal sealed class NodeCatalog(IServingNode node)
{
    private readonly Lock gate = new();
    private Made? last;

    /// <summary>The catalog, and a sequence number that is at most its own.</summary>
    public (long Sequence, ImmutableArray<CatalogEntry> Entries) Read()
    {
        // Read the sequence first. After a concurrent change it is too small, and readers ask again.
        var sequence = node.CatalogSequence;
        lock (gate)
        {
            if (last is null || last.Sequence != sequence)
            {
                last = new Made(sequence, [.. node.ReadCatalog().Select(ToEntry)]);
            }

            return (last.Sequence, last.Entries);
        }
    }

    internal static CatalogEntry ToEntry(NodeCatalogEntry entry) => new()
    {
        Name = entry.Name,
        Version = entry.Version,
        EstimatedBytes = entry.EstimatedBytes,
        RequiredProvider = entry.ProviderRequired ? entry.Provider : null,
        PreferredProvider = entry.Provider,
        Replicas = new ReplicaRange(entry.MinReplicas, entry.MaxReplicas),
        Error = entry.Error,
        Artifact = entry.Artifact,
    };

    private sealed record Made(long Sequence, ImmutableArray<CatalogEntry> Entries);
}
