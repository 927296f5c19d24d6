using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;

namespace Krewe.Rollouts.Traffic;

/// <summary>How a call of one version ended.</summary>
/// <param name="Response">The answer; null where it failed.</param>
/// <param name="Error">Why it failed.</param>
/// <param name="VersionFailed">The version itself cannot serve: a caller who named none may have another.</param>
/// <param name="IsStale">The version was taken out for everybody, and this process's snapshot did not show it.</param>
public readonly record struct CallResult(
    InferenceResponse? Response, KreweException? Error, bool VersionFailed = false, bool IsStale = false)
{
    /// <summary>The call was answered.</summary>
    public static CallResult Of(InferenceResponse response) => new(response, null);

    /// <summary>The call failed.</summary>
    public static CallResult Failed(KreweException error, bool versionFailed = false, bool isStale = false) =>
        new(null, error, versionFailed, isStale);
}
