using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
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
                last = new Made(sequence, node.ReadCatalog());
            }

            return (last.Sequence, last.Entries);
        }
    }

    private sealed record Made(long Sequence, ImmutableArray<CatalogEntry> Entries);
}
