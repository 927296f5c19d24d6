using Krewe.Launch;

namespace Krewe.Silo;

/// <summary>The settings of a silo that is a member of a cluster.</summary>
internal static class ClusterSettings
{
    public static readonly IReadOnlyList<ISetting<SiloOptions>> All =
    [
        .. MemberSettings.Cluster,
        Setting<SiloOptions>.Flag(
            "init-db", "Creates the tables in the database, or brings them up to date, says what it did, and ends.",
            static (options, wanted) => options.InitDb = wanted),
        Setting<SiloOptions>.Of(
            "client-port", "PORT", "The port for .NET clients outside the cluster; 0 takes a free one. Default 30000.",
            Notations.Port, static (options, port) => options.ClientPort = port),
        MemberSettings.Advertise,
        Setting<SiloOptions>.Of(
            "drain-time", "TIME", "The longest that a stop waits for models to move to other silos. Default 30s.",
            Duration.UpToADay, static (options, time) => options.DrainTime = time),
    ];

    /// <summary>Whoever means a cluster and forgets its database must not get a silo by itself.</summary>
    public static IEnumerable<string> CheckAlone(IReadOnlySet<string> named) => All
        .Where(setting => named.Contains(setting.Name))
        .Select(static setting => $"{setting.Option} is for a member of a cluster, which --database names: expected both or neither");
}
