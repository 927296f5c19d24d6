using System.Collections.Immutable;
using System.Net;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Nodes;

namespace Krewe.Client.Tests.Monitoring;

/// <summary>Makes up silos and what they report.</summary>
internal static class TestNodes
{
    public const long MiB = 1 << 20;

    public static SiloAddress Silo(int number) => SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 11000 + number), 1);

    public static ModelId Id(string name, long version = 1) => new(ModelName.Parse(name), new ModelVersion(version));

    public static CatalogEntry Entry(string name, long? version = 1, long bytes = MiB, string error = "", string artifact = "a") => new()
    {
        Name = ModelName.Parse(name),
        Version = version is { } number ? new ModelVersion(number) : null,
        EstimatedBytes = bytes,
        Error = error,
        Artifact = artifact,
        Replicas = new ReplicaRange(0, 1),
    };

    public static NodeReport Report(int silo, params CatalogEntry[] catalog) => new()
    {
        Silo = Silo(silo).ToParsableString(),
        Name = $"silo-{silo}",
        IsDraining = false,
        BudgetBytes = 256 * MiB,
        UsedBytes = 0,
        QueueDepth = 0,
        Providers = [ExecutionProvider.Cpu],
        Labels = ImmutableDictionary<string, string>.Empty,
        CatalogSequence = 1,
        Catalog = [.. catalog],
        ResidentSequence = 1,
        Sessions = [],
        Replicas = [],
        NotReady = "",
    };

    public static NodeSnapshot Snapshot(int silo, NodeReport report) => NodeSnapshot.Of(Silo(silo), report, null);
}
