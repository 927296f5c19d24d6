using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;

namespace Krewe.Client.Routing;

/// <summary>How an inference on one version ended.</summary>
/// <param name="Response">The answer; null where it failed.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="VersionFailed">The version itself cannot serve: a caller who named none may have another.</param>
/// <param name="IsStale">The version was taken out for everybody, and this process's snapshot did not show it.</param>
internal readonly record struct CallResult(
    InferenceResponse? Response, KreweException? Error, bool VersionFailed, bool IsStale = false)
{
    public static CallResult Of(InferenceResponse response) => new(response, null, false);

    public static CallResult Failed(KreweException error, bool versionFailed = false, bool isPictureOld = false) =>
        new(null, error, versionFailed, isPictureOld);
}

/// <summary>Within an error of a call: the version was taken out for everybody, and this process's snapshot did not show it.</summary>
internal sealed class StaleSnapshotException() : Exception("the snapshot of the cluster is old");
