using Krewe.Launch;

namespace Krewe.Silo;

/// <summary>Everything that can be set of a silo.</summary>
internal static class SettingTable
{
    public static readonly SettingsTable<SiloOptions> All = new(
        "A silo: joins a cluster and serves ONNX models to it.",
        [
            .. MemberSettings.Cluster,
            Setting<SiloOptions>.Flag(
                "init-db", "Creates the tables in the database, or brings them up to date, says what it did, and ends.",
                static (options, wanted) => options.InitDb = wanted),
            MemberSettings.SiloName,
            MemberSettings.SiloPort("11111"),
            Setting<SiloOptions>.Of(
                "client-port", "PORT", "The port for .NET clients outside the cluster; 0 takes a free one. Default 30000.",
                Notations.Port, static (options, port) => options.ClientPort = port),
            MemberSettings.Advertise,
            ModelSettings.Models,
            .. ModelSettings.Resources,
            ModelSettings.PollInterval,
            .. NodeSettings.All,
            HttpSettings.Bind,
            HttpSettings.MaxBodySize,
            .. HttpSettings.Publishing,
            HttpSettings.RequestTimeout,
            HttpSettings.RouteKeyHeader,
            .. AdminSettings.All,
            LogSettings.Format,
            LogSettings.Level,
            HealthSettings.Health,
        ],
        Check);

    private static IEnumerable<string> Check(SiloOptions options, IReadOnlySet<string> named) =>
    [
        .. MemberSettings.CheckDatabase(named),
        .. options.InitDb ? [] : ModelSettings.CheckFolder(named),
        .. AdminSettings.Check(options, named),
        .. CheckPorts(options),
    ];

    /// <summary>One port cannot serve two things.</summary>
    private static IEnumerable<string> CheckPorts(SiloOptions options) =>
        new (string Option, int Port)[]
        {
            ("--silo-port", options.SiloPort), ("--client-port", options.ClientPort), ("--http-port", options.HttpPort ?? 0),
            ("--admin-port", options.AdminPort),
        }
        .Where(static use => use.Port != 0)
        .GroupBy(static use => use.Port)
        .Where(static uses => uses.Count() > 1)
        .Select(static uses => $"{string.Join(" and ", uses.Select(use => use.Option))} are both {uses.Key}: expected different ports");
}
