using Krewe.Abstractions.Hosting;
using Krewe.Launch.Settings;

namespace Krewe.Silo.Settings;

/// <summary>The settings of the folder of models, and of what models may take.</summary>
internal static class ModelSettings
{
    private static readonly Notation<int> Threads = Notations.Integer(1, 1024);

    private static readonly Notation<IsolationMode> Isolation = new(
        "'auto', 'process' or 'none'",
        static (string text, out IsolationMode mode) =>
            Enum.TryParse(text, ignoreCase: true, out mode) && text.All(char.IsAsciiLetterLower));

    public static readonly ISetting<SiloOptions> Models = Setting<SiloOptions>.Of(
        "models", "DIR", "The folder of models: DIR/<model>/<version>/model.onnx. Required.",
        Notations.Path, static (options, path) => options.Krewe.Models = path);

    public static readonly ISetting<SiloOptions> PollInterval = Setting<SiloOptions>.Of(
        "poll-interval", "TIME", "How often the folder of models is looked at. Default 1s.",
        Duration.Interval, static (options, time) => options.Krewe.Serving.Repository.PollInterval = time);

    /// <summary>What memory and threads models may take.</summary>
    public static readonly IReadOnlyList<ISetting<SiloOptions>> Resources =
    [
        Setting<SiloOptions>.Of(
            "memory-budget", "SIZE", "What loaded models may take together: 512MiB, 4GB, 50%. Default: half of what a reserve "
                + "leaves of the memory.",
            ByteSize.OrShare, static (options, bytes) => options.Krewe.Serving.MemoryBudgetBytes = bytes),
        Setting<SiloOptions>.Of(
            "idle-time", "TIME", "After how long without a call a model leaves memory: 30s, 1h, never. Default 10m.",
            Duration.OrNever, static (options, time) => options.Krewe.Serving.IdleTime = time),
        Setting<SiloOptions>.Of(
            "run-timeout", "TIME", "How long a run may take if its callers name no deadline, and each run of a load: 30s, 1h, never. "
                + "Default 60s.",
            Duration.OrNever, static (options, time) => options.Krewe.Serving.RunTimeout = time),
        Setting<SiloOptions>.Of(
            "isolation", "MODE",
            "Where models run whose settings do not say it: in a worker process if the graph could end, stall or bloat "
                + "a process (auto), all (process), or none. Default auto.",
            Isolation, static (options, mode) => options.Krewe.Serving.Isolation = mode),
        Setting<SiloOptions>.Of(
            "runners", "N", "Threads that run models. Default: one for each processor.",
            Threads, static (options, count) => options.Krewe.Serving.RunnerThreads = count),
        Setting<SiloOptions>.Of(
            "load-threads", "N", "Threads that load models. Default 2.",
            Notations.Integer(1, 64), static (options, count) => options.Krewe.Serving.LoadThreads = count),
        Setting<SiloOptions>.Of(
            "intra-op-threads", "N", "Threads inside one operator of a model. Default: one for each processor.",
            Threads, static (options, count) => options.Krewe.Serving.IntraOpThreads = count),
    ];

    /// <summary>The error of a missing folder.</summary>
    public static IEnumerable<string> CheckFolder(IReadOnlySet<string> named) =>
        named.Contains(Models.Name) ? [] : [$"{Models.Option} is missing: expected the folder of models"];
}
