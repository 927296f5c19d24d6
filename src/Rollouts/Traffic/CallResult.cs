using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;

namespace Krewe.Rollouts.Traffic;

/// <summary>The result of a call to one version.</summary>
/// <param name="Response">The response; null if it failed.</param>
/// <param name="Error">The error.</param>
/// <param name="VersionFailed">The version cannot serve: another may answer a caller that named none.</param>
/// <param name="IsStale">The version was retired, and the caller's snapshot did not show it yet.</param>
public readonly record struct CallResult(
    InferenceResponse? Response, KreweException? Error, bool VersionFailed = false, bool IsStale = false)
{
    /// <summary>The call was answered.</summary>
    public static CallResult Of(InferenceResponse response) => new(response, null);

    /// <summary>The call failed.</summary>
    public static CallResult Failed(KreweException error, bool versionFailed = false, bool isStale = false) =>
        new(null, error, versionFailed, isStale);
}
