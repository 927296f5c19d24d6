using Krewe.Abstractions;

namespace Krewe.Serving;

/// <summary>The settings in force for a version, defaults filled in.</summary>
internal static class EffectiveConfiguration
{
    public static ModelConfiguration Of(ServedVersion version, SessionSignature signature, ServingOptions options)
    {
        var manifest = version.Artifact.Manifest;
        var policy = manifest.VersionPolicy;
        var idleTime = manifest.IdleTime ?? options.IdleTime;
        return new ModelConfiguration
        {
            Model = version.Id,
            Inputs = signature.Inputs,
            Outputs = signature.Outputs,
            MaxBatchSize = MaxBatchSize(version, signature),
            MaxQueueDelay = manifest.MaxQueueDelay,
            MaxQueueLength = manifest.MaxQueueLength,
            VersionPolicy = policy.ToString(),
            LatestVersions = (policy as VersionPolicy.LatestVersions)?.Count,
            SpecificVersions = policy is VersionPolicy.SpecificVersions specific ? [.. specific.Versions.Select(v => v.Number)] : [],
            ExecutionProvider = manifest.ExecutionProvider,
            ExecutionProviderRequired = manifest.ExecutionProviderRequired,
            ActiveExecutionProvider = version.Loaded?.Session.Provider,
            IdleTime = idleTime == Timeout.InfiniteTimeSpan ? null : idleTime,
            WarmUp = manifest.WarmUp.Enabled,
            Threads = manifest.Threads is > 1 ? options.IntraOpThreads : 1,
        };
    }

    /// <summary>What a load would find, where it is known without one: whether rows are independent shows only then.</summary>
    private static int MaxBatchSize(ServedVersion version, SessionSignature signature) =>
        version.Loaded?.MaxBatchSize
        ?? SessionLoader.GivenMaxBatchSize(version.Artifact.Manifest, signature)
        ?? (signature.HasBatchDimension ? SessionLoader.DefaultMaxBatchSize : 0);
}
