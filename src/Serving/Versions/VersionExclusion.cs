using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;

namespace Krewe.Serving.Versions;

/// <summary>Why callers are kept from a version.</summary>
public sealed record VersionExclusion
{
    private static readonly TimeSpan RetryWhenFailed = TimeSpan.FromSeconds(10);

    private VersionExclusion(VersionState state, string reason) => (State, Reason) = (state, reason);

    /// <summary>An operator has unloaded it, and may load it again.</summary>
    public static VersionExclusion Unloaded { get; } = new(VersionState.Unloaded, "unloaded");

    /// <summary><see cref="VersionState.Unloaded"/> or <see cref="VersionState.Failed"/>: what the version shows as.</summary>
    public VersionState State { get; }

    /// <summary>For people, in words that follow "is not available: ".</summary>
    public string Reason { get; }

    /// <summary>
    /// It must not serve, whatever an operator loads; the reason is for people, in words that follow "is not available: ".
    /// </summary>
    public static VersionExclusion Failed(string reason) => new(VersionState.Failed, reason);

    /// <summary>The error for a caller.</summary>
    public KreweException ToError(ModelId model) => State == VersionState.Unloaded
        ? KreweException.Unavailable($"model '{model.Name}' version '{model.Version}' is unloaded; load it to serve it again")
        : KreweException.Unavailable($"model '{model.Name}' version '{model.Version}' is not available: {Reason}", RetryWhenFailed);
}
