using Krewe.Launch.Health;
using Krewe.Launch.Http;
using Krewe.Launch.Logging;
using Krewe.Launch.Members;
using Krewe.Launch.Settings;
using Krewe.Launch.Tls;

namespace Krewe.Silo.Settings;

/// <summary>The settings of a silo: those of a single process first, those of a cluster last.</summary>
internal static class SettingTable
{
    private static readonly ISetting<SiloOptions> State = Setting<SiloOptions>.Of(
        "state", "DIR",
        "Folder for aliases, rollouts and their history; a cluster keeps them in its database. Default: .krewe in the model "
            + "repository.",
        Notations.Path, static (options, path) => options.Single.StateFolder = path);

    public static readonly SettingsTable<SiloOptions> All = new(
        "Serves a folder of ONNX models over the Open Inference Protocol, as a single process or as a member of a cluster.",
        [
            ModelSettings.Models,
            Setting<SiloOptions>.Of(
                "http-port", "PORT",
                "Port of the HTTP API, HTTP/1.1 and HTTP/2; 0 takes a free one. Default 8000; in a cluster none, because gateways "
                    + "serve it.",
                Notations.Port, static (options, port) => options.HttpPort = port),
            HttpSettings.GrpcPort,
            HttpSettings.Bind,
            .. HttpSettings.Callers,
            .. TlsSettings.All,
            .. TokenSettings.All,
            State,
            MemorySettings.Memory,
            .. ModelSettings.Resources,
            .. HttpSettings.Connections,
            HttpSettings.MaxBodySize,
            HttpSettings.MaxBodyMemory,
            .. HttpSettings.Publishing,
            HttpSettings.RequestTimeout,
            HttpSettings.RouteKeyHeader,
            ModelSettings.PollInterval,
            .. NodeSettings.All,
            .. AdminSettings.All,
            .. ClusterSettings.All,
            MemberSettings.SiloName<SiloOptions>(static (options, name) => options.Member.SiloName = options.Single.SiloName = name),
            MemberSettings.SiloPort<SiloOptions>(
                "11111; a single process uses a free one and accepts no connections on it",
                static (options, port) => options.Member.SiloPort = options.Single.EnginePort = port),
            LogSettings.Format,
            LogSettings.Level,
            HealthSettings.Health,
        ],
        Check);

    private static IEnumerable<string> Check(SiloOptions options, IReadOnlySet<string> named) =>
    [
        .. named.Contains(MemberSettings.Database.Name) ? CheckMember(named) : ClusterSettings.CheckAlone(named),
        .. options.InitDb ? [] : ModelSettings.CheckFolder(named),
        .. AdminSettings.Check(options, named),
        .. TlsSettings.Check(named),
        .. TokenSettings.Check(options),
        .. options.InitDb || (options.HttpPort ?? options.GrpcPort) is null ? [] : HttpSettings.CheckCallers(options),
        .. CheckPorts(options),
    ];

    private static IEnumerable<string> CheckMember(IReadOnlySet<string> named) => named.Contains(State.Name)
        ? [$"{State.Option} is for a process by itself; a cluster keeps what was decided in its database: expected {State.Option} or "
            + $"{MemberSettings.Database.Option}"]
        : [];

    /// <summary>Ports must differ.</summary>
    private static IEnumerable<string> CheckPorts(SiloOptions options) =>
        new (string Option, int Port)[]
        {
            ("--silo-port", options.IsAlone ? options.Single.EnginePort : options.Member.SiloPort),
            ("--client-port", options.IsAlone ? 0 : options.Member.ClientPort ?? 0), ("--http-port", options.HttpPort ?? 0),
            ("--grpc-port", options.GrpcPort ?? 0), ("--admin-port", options.AdminPort),
        }
        .Where(static use => use.Port != 0)
        .GroupBy(static use => use.Port)
        .Where(static uses => uses.Count() > 1)
        .Select(static uses => $"{string.Join(" and ", uses.Select(use => use.Option))} are both {uses.Key}: expected different ports");
}

/// <summary>The settings of a silo as a cluster member.</summary>
internal static class ClusterSettings
{
    public static readonly IReadOnlyList<ISetting<SiloOptions>> All =
    [
        .. MemberSettings.Cluster,
        Setting<SiloOptions>.Flag(
            "init-db", "Create or migrate the tables in the database, report it, and exit.",
            static (options, wanted) => options.InitDb = wanted),
        MemberSettings.ClientPort<SiloOptions>("30000", static (options, port) => options.Member.ClientPort = port),
        MemberSettings.Advertise,
        Setting<SiloOptions>.Of(
            "drain-time", "TIME", "Maximum time to wait at shutdown while models move to other silos. Default 30s.",
            Duration.UpToADay, static (options, time) => options.Krewe.Node.DrainLimit = time),
    ];

    /// <summary>Cluster settings without a database are an error: they must not start a single process by mistake.</summary>
    public static IEnumerable<string> CheckAlone(IReadOnlySet<string> named) => All
        .Where(setting => named.Contains(setting.Name))
        .Select(static setting => $"{setting.Option} is for a member of a cluster, which --database names: expected both or neither");
}

/// <summary>The settings of a silo's capabilities.</summary>
internal static class NodeSettings
{
    public static readonly IReadOnlyList<ISetting<SiloOptions>> All =
    [
        Setting<SiloOptions>.Of(
            "devices", "LIST", "Execution devices: auto (all available), or a comma-separated list of cpu, cuda, tensorrt. Default auto.",
            NodeNotations.Devices, static (options, devices) => options.Krewe.Serving.Devices = devices),
        Setting<SiloOptions>.Of(
            "labels", "LIST", "Labels shown to operators: zone=a,rack=12. Default: none.",
            NodeNotations.Labels, static (options, labels) => options.Krewe.Node.Labels = labels),
    ];
}
