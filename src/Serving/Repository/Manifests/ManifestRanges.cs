namespace Krewe.Serving.Repository.Manifests;

/// <summary>Valid ranges of a manifest's numbers; keep in sync with <c>schemas/model.schema.json</c>.</summary>
internal static class ManifestRanges
{
    public const int MaxBatchSize = 1_000_000;
    public const int MaxQueueDelayMicroseconds = 60_000_000;
    public const int MaxQueueLength = 1_000_000;
    public const int MaxLatest = 1_000_000;
    public const int MaxIdleTimeSeconds = 31_536_000;
    public const int MaxRunTimeoutSeconds = 86_400;
    public const int MaxWarmUpRows = 1_000_000;
    public const int MaxThreads = 256;
    public const int MaxConcurrentRuns = 1024;
    public const int MaxReplicas = 1000;
    public const int MaxRank = 64;
}
