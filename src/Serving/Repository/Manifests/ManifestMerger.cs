namespace Krewe.Serving.Repository.Manifests;

/// <summary>Merges the settings of both files; a contradiction is an error.</summary>
internal static class ManifestMerger
{
    /// <summary>Applies defaults to what neither file sets.</summary>
    public static ModelManifest Merge(ManifestDraft? json, ManifestDraft? pbtxt)
    {
        var (j, p) = (json ?? new ManifestDraft(), pbtxt ?? new ManifestDraft());
        return new ModelManifest
        {
            // Triton's defaults apply if its file exists: no batching without a max_batch_size, and only the newest version.
            MaxBatchSize = One(j.MaxBatchSize, p.MaxBatchSize, "maxBatchSize", "max_batch_size") ?? (pbtxt is null ? null : 0),
            VersionPolicy = One(j.VersionPolicy, p.VersionPolicy, "versionPolicy", "version_policy")
                ?? (pbtxt is null ? VersionPolicy.All : VersionPolicy.Latest(1)),
            MaxQueueDelay = One(j.MaxQueueDelay, p.MaxQueueDelay, "maxQueueDelayMicroseconds", "max_queue_delay_microseconds")
                ?? TimeSpan.Zero,
            MaxQueueLength = One(j.MaxQueueLength, p.MaxQueueLength, "maxQueueLength", "max_queue_size")
                ?? ModelManifest.DefaultMaxQueueLength,
            ExecutionProvider = One(j.ExecutionProvider, p.ExecutionProvider, "executionProvider", "the instance_group kind"),
            ExecutionProviderRequired = j.ExecutionProviderRequired ?? false,
            IdleTime = j.IdleTime,
            RunTimeout = j.RunTimeout,
            Isolation = j.Isolation,
            WarmUp = j.WarmUp ?? p.WarmUp ?? WarmUpSettings.Default,
            Threads = j.Threads,
            MaxConcurrentRuns = One(j.MaxConcurrentRuns, p.MaxConcurrentRuns, "maxConcurrentRuns", "the instance_group count"),
            Replicas = j.Replicas,
            ModelFileName = p.ModelFileName ?? ModelManifest.DefaultModelFileName,
            Inputs = p.Inputs,
            Outputs = p.Outputs,
            Warnings = [.. j.Warnings, .. p.Warnings],
        };
    }

    private static T? One<T>(T? json, T? pbtxt, string jsonName, string pbtxtName)
        where T : struct => json is { } a && pbtxt is { } b && !a.Equals(b) ? throw Differ(a, b, jsonName, pbtxtName) : json ?? pbtxt;

    private static T? One<T>(T? json, T? pbtxt, string jsonName, string pbtxtName)
        where T : class => json is not null && pbtxt is not null && !json.Equals(pbtxt)
            ? throw Differ(json, pbtxt, jsonName, pbtxtName)
            : json ?? pbtxt;

    private static ManifestException Differ(object json, object pbtxt, string jsonName, string pbtxtName) => new(
        $"{ManifestFiles.Json} and {ManifestFiles.Pbtxt} disagree: {jsonName} is {Format(json)}, {pbtxtName} is {Format(pbtxt)}; "
        + "say it in one of them or alike in both");

    private static string Format(object value) => value is TimeSpan time ? $"{time.TotalMicroseconds} µs" : $"{value}";
}
