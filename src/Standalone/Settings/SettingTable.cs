using Krewe.Launch;

namespace Krewe.Standalone;

/// <summary>Everything that can be set.</summary>
internal static class SettingTable
{
    public static readonly SettingsTable<StandaloneOptions> All = new(
        "Serves a folder of ONNX models over the Open Inference Protocol.",
        [
            ModelSettings.Models,
            Setting<StandaloneOptions>.Of(
                "http-port", "PORT", "The port to listen on, HTTP/1.1 and HTTP/2 alike; 0 takes a free one. Default 8000.",
                Notations.Port, static (options, port) => options.HttpPort = port),
            HttpSettings.Bind,
            Setting<StandaloneOptions>.Of(
                "state", "DIR", "Where aliases, rollouts and their history are kept. Default: .krewe in the folder of models.",
                Notations.Path, static (options, path) => options.State = path),
            .. ModelSettings.Resources,
            HttpSettings.MaxBodySize,
            .. HttpSettings.Publishing,
            HttpSettings.RequestTimeout,
            HttpSettings.RouteKeyHeader,
            ModelSettings.PollInterval,
            LogSettings.Format,
            LogSettings.Level,
            HealthSettings.Health,
        ],
        static (_, named) => ModelSettings.CheckFolder(named));
}
