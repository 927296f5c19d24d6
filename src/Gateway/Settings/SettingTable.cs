using Krewe.Launch.Health;
using Krewe.Launch.Http;
using Krewe.Launch.Logging;
using Krewe.Launch.Members;
using Krewe.Launch.Settings;
using Krewe.Launch.Tls;

namespace Krewe.Gateway.Settings;

/// <summary>The settings of a gateway.</summary>
internal static class SettingTable
{
    private static readonly Notation<int> Calls = Notations.Integer(1, 1_000_000);

    public static readonly SettingsTable<GatewayOptions> All = new(
        "A gateway: joins a cluster and serves its models over the Open Inference Protocol.",
        [
            .. MemberSettings.Cluster,
            MemberSettings.SiloName<GatewayOptions>(static (options, name) => options.Member.SiloName = name),
            MemberSettings.SiloPort<GatewayOptions>("0", static (options, port) => options.Member.SiloPort = port),
            MemberSettings.ClientPort<GatewayOptions>("none", static (options, port) => options.Member.ClientPort = port),
            MemberSettings.Advertise,
            Setting<GatewayOptions>.Of(
                "http-port", "PORT", "Port of the HTTP API, HTTP/1.1 and HTTP/2; 0 takes a free one. Default 8000.",
                Notations.Port, static (options, port) => options.HttpPort = port),
            HttpSettings.GrpcPort,
            HttpSettings.Bind,
            .. HttpSettings.Callers,
            .. TlsSettings.All,
            .. TokenSettings.All,
            MemorySettings.Memory,
            .. HttpSettings.Connections,
            HttpSettings.MaxBodySize,
            HttpSettings.MaxBodyMemory,
            .. HttpSettings.Publishing,
            HttpSettings.RequestTimeout,
            HttpSettings.RouteKeyHeader,
            Setting<GatewayOptions>.Of(
                "max-outstanding", "N", "Maximum concurrent inferences from this process; beyond it 429. Default 10000.",
                Calls, static (options, count) => options.Calls.MaxOutstanding = count),
            Setting<GatewayOptions>.Of(
                "max-outstanding-per-version", "N",
                "Maximum concurrent inferences of one version from this process; beyond it 429. Default 4096.",
                Calls, static (options, count) => options.Calls.MaxOutstandingPerVersion = count),
            Setting<GatewayOptions>.Of(
                "max-input-memory", "SIZE", "Memory limit for the inputs of concurrent inferences. Default 1GiB.",
                ByteSize.OrShare, static (options, bytes) => options.Calls.MaxInputBytes = bytes),
            Setting<GatewayOptions>.Of(
                "call-watch", "on|off",
                "Ask silos about inferences that take long, so that a lost answer is noticed; off only to measure its cost. Default on.",
                Notations.OnOrOff, static (options, isOn) => options.Calls.WatchesCalls = isOn),
            LogSettings.Format,
            LogSettings.Level,
            HealthSettings.Health,
        ],
        static (options, named) =>
        [
            .. MemberSettings.CheckDatabase(named), .. HttpSettings.CheckCallers(options), .. TlsSettings.Check(named),
            .. TokenSettings.Check(options),
        ]);
}
