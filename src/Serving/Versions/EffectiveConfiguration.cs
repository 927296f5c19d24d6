using Krewe.Abstractions.Hosting;
using Krewe.Serving.Batching;
using Krewe.Serving.Crashes;
using Krewe.Serving.Isolation;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Versions;

/// <summary>The effective settings of a version, with defaults filled in.</summary>
internal static class EffectiveConfiguration
{
    public static ModelConfiguration Of(ServedVersion version, SessionSignature signature, ServingOptions options, ProcessEnd? lastEnd)
    {
        var manifest = version.Artifact.Manifest;
        var policy = manifest.VersionPolicy;

        // Before a load, this is what a load would decide unless the batch probe fails.
        var batching = version.Loaded?.Batching ?? BatchDecision.Of(manifest.MaxBatchSize, signature);
        var isolation = version.Loaded?.Isolation ?? IsolationDecision.Of(manifest.Isolation ?? options.Isolation, signature.Hazard);
        return new ModelConfiguration
        {
            Model = version.Id,
            Inputs = signature.Inputs,
            Outputs = signature.Outputs,
            MaxBatchSize = batching.MaxBatchSize,
            BatchingDisabledReason = batching.Reason,
            MaxQueueDelay = manifest.MaxQueueDelay,
            MaxQueueLength = manifest.MaxQueueLength,
            VersionPolicy = policy.ToString(),
            LatestVersions = (policy as VersionPolicy.LatestVersions)?.Count,
            SpecificVersions = policy is VersionPolicy.SpecificVersions specific ? [.. specific.Versions.Select(v => v.Number)] : [],
            ExecutionProvider = manifest.ExecutionProvider,
            ExecutionProviderRequired = manifest.ExecutionProviderRequired,
            ActiveExecutionProvider = version.Loaded?.Session.Provider,
            IdleTime = OrNever(manifest.IdleTime ?? options.IdleTime),
            RunTimeout = OrNever(manifest.RunTimeout ?? options.RunTimeout),
            IsIsolated = isolation.InWorker,
            IsolationReason = isolation.Reason,
            LastCrash = lastEnd is null ? null : $"{lastEnd.At.UtcDateTime:u}: a process ended during {lastEnd.Describe()}",
            WarmUp = manifest.WarmUp.Enabled,
            Threads = manifest.Threads is > 1 ? options.IntraOpThreads : 1,
        };
    }

    private static TimeSpan? OrNever(TimeSpan time) => time == Timeout.InfiniteTimeSpan ? null : time;
}
