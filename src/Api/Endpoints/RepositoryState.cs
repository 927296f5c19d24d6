using System.Diagnostics;
using Krewe.Abstractions.Hosting;

namespace Krewe.Api.Endpoints;

/// <summary>The states of the protocol's repository index.</summary>
internal static class RepositoryState
{
    public const string Ready = "READY";
    public const string Loading = "LOADING";
    public const string Unloading = "UNLOADING";
    public const string Unavailable = "UNAVAILABLE";

    /// <summary>The reason of <see cref="Ready"/> for a version that is not in memory.</summary>
    public const string LoadsOnFirstCall = "loads on first call";

    /// <summary>
    /// The protocol's state and reason of a version. READY means that a call is answered, so a version that is not in memory is READY too;
    /// its reason says that the first call loads it.
    /// </summary>
    public static (string State, string Reason) Of(ModelVersionStatus status) => status switch
    {
        { Version: null } => (Unavailable, OrElse(status.Reason, "the model has no version that can be served")),
        { State: VersionState.Ready } => (Ready, status.Reason),
        { State: VersionState.Absent } => (Ready, OrElse(status.Reason, LoadsOnFirstCall)),
        { State: VersionState.Loading } => (Loading, status.Reason),
        { State: VersionState.Draining } => (Unloading, status.Reason),
        { State: VersionState.Failed } => (Unavailable, OrElse(status.Reason, "the last load failed")),
        { State: VersionState.Unloaded } => (Unavailable, OrElse(status.Reason, "unloaded")),
        _ => throw new UnreachableException($"no state {status.State}"),
    };

    private static string OrElse(string reason, string fallback) => reason.Length > 0 ? reason : fallback;
}
