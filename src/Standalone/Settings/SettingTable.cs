namespace Krewe.Standalone;

/// <summary>Everything that can be set.</summary>
internal static class SettingTable
{
    private static readonly Notation<int> Threads = Notations.Integer(1, 1024);

    public static readonly Setting Models = Setting.Of(
        "models", "DIR", "The folder of models: DIR/<model>/<version>/model.onnx. Required.",
        Notations.Path, static (options, path) => options.Models = path);

    public static readonly IReadOnlyList<Setting> All =
    [
        Models,
        Setting.Of(
            "http-port", "PORT", "The port to listen on, HTTP/1.1 and HTTP/2 alike; 0 takes a free one. Default 8000.",
            Notations.Port, static (options, port) => options.HttpPort = port),
        Setting.Of(
            "bind", "ADDRESS", "The address to listen on. There is no authentication: think before you leave the default, 127.0.0.1.",
            Notations.Address, static (options, address) => options.Bind = address),
        Setting.Of(
            "memory-budget", "SIZE", "What loaded models may take together: 512MiB, 4GB, 50%. Default: a share of the memory there is.",
            ByteSize.OrShare, static (options, bytes) => options.MemoryBudgetBytes = bytes),
        Setting.Of(
            "idle-time", "TIME", "After how long without a call a model leaves memory: 10m, 1h, never.",
            Duration.OrNever, static (options, time) => options.IdleTime = time),
        Setting.Of(
            "runners", "N", "Threads that run models. Default: one for each processor.",
            Threads, static (options, count) => options.Runners = count),
        Setting.Of(
            "load-threads", "N", "Threads that load models.",
            Notations.Integer(1, 64), static (options, count) => options.LoadThreads = count),
        Setting.Of(
            "intra-op-threads", "N", "Threads inside one operator of a model.",
            Threads, static (options, count) => options.IntraOpThreads = count),
        Setting.Of(
            "max-body-size", "SIZE", "The largest request body. Default 64MiB.",
            ByteSize.OneArray, static (options, bytes) => options.MaxBodyBytes = bytes),
        Setting.Of(
            "request-timeout", "TIME", "The longest that one request may take. Default: as long as it takes.",
            Duration.Positive, static (options, time) => options.RequestTimeout = time),
        Setting.Of(
            "poll-interval", "TIME", "How often the folder of models is looked at.",
            Duration.Interval, static (options, time) => options.PollInterval = time),
        Setting.Of(
            "log-format", "FORMAT", "'text' or 'json', one line for each event, on standard error. Default text.",
            Notations.LogFormat, static (options, json) => options.JsonLogs = json),
        Setting.Of(
            "log-level", "LEVEL", "The least that is logged: trace, debug, info, warning, error, none. Default info.",
            Notations.Level, static (options, level) => options.LogLevel = level),
    ];
}
