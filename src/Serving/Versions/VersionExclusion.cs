using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Versions;

/// <summary>Why a version is excluded from calls.</summary>
public sealed record VersionExclusion
{
    private static readonly TimeSpan RetryWhenFailed = TimeSpan.FromSeconds(10);

    private VersionExclusion(VersionState state, string reason) => (State, Reason) = (state, reason);

    /// <summary>Unloaded by an operator, who may load it again.</summary>
    public static VersionExclusion Unloaded { get; } = new(VersionState.Unloaded, "unloaded");

    /// <summary>The state that the version reports: <see cref="VersionState.Unloaded"/> or <see cref="VersionState.Failed"/>.</summary>
    public VersionState State { get; }

    /// <summary>For people; follows the words "is not available: ".</summary>
    public string Reason { get; }

    /// <summary>
    /// Must not serve, even if an operator loads it. The reason is for people and follows the words "is not available: ".
    /// </summary>
    public static VersionExclusion Failed(string reason) => new(VersionState.Failed, reason);

    /// <summary>The error for a caller.</summary>
    public KreweException ToError(ModelId model) => State == VersionState.Unloaded
        ? KreweException.Unavailable($"model '{model.Name}' version '{model.Version}' is unloaded; load it to serve it again")
        : KreweException.Unavailable($"model '{model.Name}' version '{model.Version}' is not available: {Reason}", RetryWhenFailed);
}
