using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Monitoring;

/// <summary>
/// The last reported state of one silo that hosts models. Immutable. Its sets are rebuilt at every change, so they are of the types that
/// are fastest to build.
/// </summary>
public sealed class NodeSnapshot
{
    public required SiloAddress Address { get; init; }

    /// <summary>The report, with omitted lists filled in from earlier ones.</summary>
    public required NodeReport Report { get; init; }

    /// <summary>The silo's repository by version.</summary>
    public required IReadOnlyDictionary<ModelId, CatalogEntry> Catalog { get; init; }

    /// <summary>Versions in memory.</summary>
    public required IReadOnlySet<ModelId> Sessions { get; init; }

    /// <summary>Replicas on the silo.</summary>
    public required IReadOnlySet<ReplicaId> Replicas { get; init; }

    /// <summary>Versions with a replica on the silo.</summary>
    public required IReadOnlySet<ModelId> ReplicatedModels { get; init; }

    /// <summary>Estimated bytes of replicas that are not in memory yet; a load under way counts here and as used.</summary>
    public long PromisedBytes { get; init; }

    /// <summary>Versions in memory or about to be loaded.</summary>
    public int Residents { get; init; }

    /// <summary>The state from a new report; unchanged parts are reused from the previous one.</summary>
    public static NodeSnapshot Of(SiloAddress address, NodeReport report, NodeSnapshot? before)
    {
        var full = report with
        {
            Catalog = !report.Catalog.IsDefault ? report.Catalog : before?.Report.Catalog ?? [],
            Sessions = !report.Sessions.IsDefault ? report.Sessions : before?.Report.Sessions ?? [],
            Replicas = !report.Replicas.IsDefault ? report.Replicas : before?.Report.Replicas ?? [],
        };
        var catalog = before is not null && full.Catalog == before.Report.Catalog ? before.Catalog : ReadCatalog(full);
        var sameResidents = before is not null && full.Sessions == before.Report.Sessions && full.Replicas == before.Report.Replicas;
        if (sameResidents && ReferenceEquals(catalog, before!.Catalog))
        {
            return before.With(full);
        }

        var sessions = full.Sessions.ToHashSet();
        var waiting = full.Replicas.Select(replica => replica.Model).Where(model => !sessions.Contains(model)).Distinct().ToArray();
        return new NodeSnapshot
        {
            Address = address,
            Report = full,
            Catalog = catalog,
            Sessions = sessions,
            Replicas = full.Replicas.ToHashSet(),
            ReplicatedModels = full.Replicas.Select(replica => replica.Model).ToHashSet(),
            PromisedBytes = waiting.Sum(model => catalog.GetValueOrDefault(model)?.EstimatedBytes ?? 0),
            Residents = sessions.Count + waiting.Length,
        };
    }

    private static Dictionary<ModelId, CatalogEntry> ReadCatalog(NodeReport report)
    {
        var catalog = new Dictionary<ModelId, CatalogEntry>(report.Catalog.Length);
        foreach (var entry in report.Catalog)
        {
            if (entry.Version is { } version)
            {
                catalog[new ModelId(entry.Name, version)] = entry;
            }
        }

        return catalog;
    }

    private NodeSnapshot With(NodeReport report) => new()
    {
        Address = Address,
        Report = report,
        Catalog = Catalog,
        Sessions = Sessions,
        Replicas = Replicas,
        ReplicatedModels = ReplicatedModels,
        PromisedBytes = PromisedBytes,
        Residents = Residents,
    };
}
