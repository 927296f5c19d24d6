using System.Collections.Concurrent;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Control;

/// <summary>Signatures of versions as silos gave them, for as long as those silos' repositories stay as they are.</summary>
internal sealed class SignatureCache(NodeQueries nodes)
{
    private const int Most = 10_000;
    private readonly ConcurrentDictionary<ModelId, (SiloAddress Silo, long Sequence, ModelMetadata Metadata)> known = new();

    /// <summary>The signature; asks a silo where it is not known.</summary>
    public async ValueTask<ModelMetadata> GetAsync(ClusterSnapshot view, ModelId version, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(version, out var entry)
            && view.Nodes.Any(node => node.Address.Equals(entry.Silo) && node.Report.CatalogSequence == entry.Sequence))
        {
            return entry.Metadata;
        }

        var reference = new ModelReference(version.Name, VersionSelector.Of(version.Version));
        var (from, metadata) = await nodes.AskOneAsync(view, version, node => node.GetMetadataAsync(reference), cancellationToken);
        if (known.Count >= Most)
        {
            known.Clear();
        }

        known[version] = (from.Address, from.Report.CatalogSequence, metadata);
        return metadata;
    }
}
