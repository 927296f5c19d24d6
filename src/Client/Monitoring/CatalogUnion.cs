using System.Collections.Frozen;
using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Models;

namespace Krewe.Client.Monitoring;

/// <summary>
/// The union of all silos' repositories, with the decisions about their versions. Rebuilt only if a repository, the set of silos, or the
/// routes have changed.
/// </summary>
internal sealed class CatalogUnion
{
    private ImmutableArray<CatalogEntry>[] catalogs = [];
    private RoutingTable routes = RoutingTable.Empty;

    /// <summary>The last union.</summary>
    public FrozenDictionary<ModelName, CatalogModel> Models { get; private set; } = FrozenDictionary<ModelName, CatalogModel>.Empty;

    /// <summary>Versions whose files differ between silos, each with a silo that differs.</summary>
    public IReadOnlyDictionary<ModelId, NodeSnapshot> Differing { get; private set; } = FrozenDictionary<ModelId, NodeSnapshot>.Empty;

    /// <summary>Updates from the silos, in a stable order, and the routes; returns whether anything changed.</summary>
    public bool Update(IReadOnlyList<NodeSnapshot> nodes, RoutingTable table)
    {
        if (ReferenceEquals(table, routes) && nodes.Select(node => node.Report.Catalog).SequenceEqual(catalogs))
        {
            return false;
        }

        catalogs = [.. nodes.Select(node => node.Report.Catalog)];
        routes = table;
        var differing = new Dictionary<ModelId, NodeSnapshot>();
        var drafts = new Dictionary<ModelName, Draft>();
        foreach (var node in nodes)
        {
            foreach (var entry in node.Report.Catalog)
            {
                var draft = drafts.TryGetValue(entry.Name, out var known) ? known : drafts[entry.Name] = new Draft();
                draft.Add(entry, node, differing);
            }
        }

        Models = drafts.ToFrozenDictionary(
            pair => pair.Key, pair => pair.Value.Finish(pair.Key, table.Routes.GetValueOrDefault(pair.Key.Value)));
        Differing = differing;
        return true;
    }

    private sealed class Draft
    {
        private readonly SortedList<ModelVersion, CatalogEntry> versions = [];
        private string error = "";

        public void Add(CatalogEntry entry, NodeSnapshot node, Dictionary<ModelId, NodeSnapshot> differing)
        {
            if (entry.Version is not { } version)
            {
                error = error.Length == 0 ? entry.Error : error;
            }
            else if (!versions.TryGetValue(version, out var known))
            {
                versions.Add(version, entry);
            }
            else
            {
                if (known.Artifact != entry.Artifact)
                {
                    differing[new ModelId(entry.Name, version)] = node;
                }

                // A version that is broken on one silo and valid on another can be served.
                versions[version] = known.Error.Length > 0 && entry.Error.Length == 0 ? entry : known;
            }
        }

        public CatalogModel Finish(ModelName name, ModelRoute? route) => new(
            name,
            [.. versions.Select(pair => Finish(new ModelId(name, pair.Key), pair.Value, route))],
            versions.Count == 0 ? error : "",
            route?.Traffic);

        private static CatalogVersion Finish(ModelId id, CatalogEntry entry, ModelRoute? route) => new(
            id, entry, route is not null && route.Unloaded.Contains(id.Version.Number), route?.Quarantined.GetValueOrDefault(
                id.Version.Number),
            route?.Traffic is { } traffic && traffic.Retired.Contains(id.Version));
    }
}
