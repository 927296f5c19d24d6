using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;

namespace Krewe.Client.Routing;

/// <summary>The result of an inference on one version.</summary>
/// <param name="Response">The response; null on failure.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="VersionFailed">True if the version itself cannot serve: another may answer a caller who named none.</param>
/// <param name="IsStale">True if the version is excluded everywhere, and this process's snapshot did not show it.</param>
internal readonly record struct CallResult(
    InferenceResponse? Response, KreweException? Error, bool VersionFailed, bool IsStale = false)
{
    public static CallResult Of(InferenceResponse response) => new(response, null, false);

    public static CallResult Failed(KreweException error, bool versionFailed = false, bool isPictureOld = false) =>
        new(null, error, versionFailed, isPictureOld);
}

/// <summary>The inner exception of a call that failed on a stale snapshot: its version is excluded everywhere.</summary>
internal sealed class StaleSnapshotException() : Exception("the snapshot of the cluster is old");
