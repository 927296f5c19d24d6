using System.Collections.Concurrent;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Control;

/// <summary>A cache of version signatures, valid while the repository of the silo that described them is unchanged.</summary>
internal sealed class SignatureCache(NodeQueries nodes)
{
    private const int MaxEntries = 10_000;
    private readonly ConcurrentDictionary<ModelId, (SiloAddress Silo, long Sequence, ModelMetadata Metadata)> known = new();

    /// <summary>The signature, from the cache or a silo.</summary>
    public async ValueTask<ModelMetadata> GetAsync(ClusterSnapshot snapshot, ModelId version, CancellationToken cancellationToken)
    {
        if (known.TryGetValue(version, out var entry)
            && snapshot.Nodes.Any(node => node.Address.Equals(entry.Silo) && node.Report.CatalogSequence == entry.Sequence))
        {
            return entry.Metadata;
        }

        var reference = new ModelReference(version.Name, VersionSelector.Of(version.Version));
        var (from, metadata) = await nodes.AskOneAsync(snapshot, version, node => node.GetMetadataAsync(reference), cancellationToken);
        if (known.Count >= MaxEntries)
        {
            known.Clear();
        }

        known[version] = (from.Address, from.Report.CatalogSequence, metadata);
        return metadata;
    }
}
