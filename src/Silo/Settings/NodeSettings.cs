using Krewe.Launch;

namespace Krewe.Silo;

/// <summary>The settings of what a silo offers.</summary>
internal static class NodeSettings
{
    public static readonly IReadOnlyList<ISetting<SiloOptions>> All =
    [
        Setting<SiloOptions>.Of(
            "devices", "LIST", "What models may run on: auto for all there is, or cpu, cuda, tensorrt, joined by ','. Default auto.",
            NodeNotations.Devices, static (options, devices) => options.Devices = devices),
        Setting<SiloOptions>.Of(
            "labels", "LIST", "What to say of this process, for people: zone=a,rack=12.",
            NodeNotations.Labels, static (options, labels) => options.Labels = labels),
    ];
}
