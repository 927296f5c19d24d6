using Krewe.Launch.Settings;

namespace Krewe.Launch.Models;

/// <summary>The settings of programs that host models.</summary>
public static class ModelSettings
{
    private static readonly Notation<int> Threads = Notations.Integer(1, 1024);

    public static readonly ISetting<IModelOptions> Models = Setting<IModelOptions>.Of(
        "models", "DIR", "The folder of models: DIR/<model>/<version>/model.onnx. Required.",
        Notations.Path, static (options, path) => options.Models = path);

    public static readonly ISetting<IModelOptions> PollInterval = Setting<IModelOptions>.Of(
        "poll-interval", "TIME", "How often the folder of models is looked at. Default 1s.",
        Duration.Interval, static (options, time) => options.PollInterval = time);

    /// <summary>Limits of memory and threads.</summary>
    public static readonly IReadOnlyList<ISetting<IModelOptions>> Resources =
    [
        Setting<IModelOptions>.Of(
            "memory-budget", "SIZE", "What loaded models may take together: 512MiB, 4GB, 50%. Default 60% of the memory there is.",
            ByteSize.OrShare, static (options, bytes) => options.MemoryBudgetBytes = bytes),
        Setting<IModelOptions>.Of(
            "idle-time", "TIME", "After how long without a call a model leaves memory: 30s, 1h, never. Default 10m.",
            Duration.OrNever, static (options, time) => options.IdleTime = time),
        Setting<IModelOptions>.Of(
            "runners", "N", "Threads that run models. Default: one for each processor.",
            Threads, static (options, count) => options.Runners = count),
        Setting<IModelOptions>.Of(
            "load-threads", "N", "Threads that load models. Default 2.",
            Notations.Integer(1, 64), static (options, count) => options.LoadThreads = count),
        Setting<IModelOptions>.Of(
            "intra-op-threads", "N", "Threads inside one operator of a model. Default: one for each processor.",
            Threads, static (options, count) => options.IntraOpThreads = count),
    ];

    /// <summary>The error of a missing folder.</summary>
    public static IEnumerable<string> CheckFolder(IReadOnlySet<string> named) =>
        named.Contains(Models.Name) ? [] : [$"{Models.Option} is missing: expected the folder of models"];
}
