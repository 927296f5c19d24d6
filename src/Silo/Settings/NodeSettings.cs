using Krewe.Launch;

namespace Krewe.Silo;

/// <summary>The settings of what a silo offers and how it leaves.</summary>
internal static class NodeSettings
{
    public static readonly IReadOnlyList<ISetting<SiloOptions>> All =
    [
        Setting<SiloOptions>.Of(
            "devices", "LIST", "What models may run on: auto for all there is, or cpu, cuda, tensorrt, joined by ','. Default auto.",
            NodeNotations.Devices, static (options, devices) => options.Devices = devices),
        Setting<SiloOptions>.Of(
            "labels", "LIST", "What to say of this silo, for people: zone=a,rack=12.",
            NodeNotations.Labels, static (options, labels) => options.Labels = labels),
        Setting<SiloOptions>.Of(
            "drain-time", "TIME", "The longest that a stop waits for models to move to other silos. Default 30s.",
            Duration.UpToADay, static (options, time) => options.DrainTime = time),
        Setting<SiloOptions>.Of(
            "http-port", "PORT", "Serves the HTTP API here too, on this port; 0 takes a free one. Default: only gateways serve it.",
            Notations.Port, static (options, port) => options.HttpPort = port),
    ];
}
