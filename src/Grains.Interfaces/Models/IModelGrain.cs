using Krewe.Abstractions.Errors;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Models;

/// <summary>
/// The stored route of one model and the controller of its rollout; its key is the model's name. Not on the request path. Every change
/// raises the epoch and is published in the routing table before the call returns. Changes are serialized; reads, reports and waits
/// interleave. A change that conflicts with the current state throws <see cref="KreweException"/> with
/// <see cref="KreweErrorCode.Conflict"/>; a repeated one has no effect.
/// </summary>
[Alias("krewe.model")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>The current route.</summary>
    [AlwaysInterleave, Alias("route")]
    Task<ModelRoute> GetRouteAsync();

    /// <summary>
    /// Pushes the route to silos and waits until they have drained what it excludes. Silos that are unreachable or take longer than 25
    /// seconds are not waited for.
    /// </summary>
    [AlwaysInterleave, Alias("wait-until-applied")]
    Task WaitUntilAppliedAsync();

    /// <summary>Marks versions as unloaded by an operator, or (false) clears the mark.</summary>
    [Alias("set-unloaded")]
    Task<ModelRoute> SetUnloadedAsync(IReadOnlyList<long> versions, bool unloaded);

    /// <summary>Keeps a version from being loaded, for a reason.</summary>
    [Alias("quarantine")]
    Task<ModelRoute> QuarantineAsync(long version, string reason);

    /// <summary>Has silos refuse inputs of a version, by their hash, because they ended a process; for ten minutes.</summary>
    [Alias("refuse")]
    Task<ModelRoute> RefuseAsync(long version, string inputs);

    /// <summary>Allows a version to be loaded again.</summary>
    [Alias("clear-quarantine")]
    Task<ModelRoute> ClearQuarantineAsync(long version);

    /// <summary>Aliases, rollout, history and counts.</summary>
    [AlwaysInterleave, Alias("traffic")]
    Task<TrafficReading> GetTrafficAsync();

    /// <summary>Starts a rollout with the caller's id; returns once it is stored.</summary>
    [Alias("start-rollout")]
    Task<TrafficReading> StartRolloutAsync(RolloutPlan plan, string id, ChangeAuthor author);

    /// <summary>Pauses, resumes, promotes or aborts the rollout.</summary>
    [AlwaysInterleave, Alias("command-rollout")]
    Task<TrafficReading> CommandRolloutAsync(RolloutOrder order);

    /// <summary>Points an alias at a version, which the caller has loaded first.</summary>
    [Alias("set-alias")]
    Task<TrafficReading> SetAliasAsync(string alias, long version, ChangeAuthor author);

    /// <summary>Removes an alias.</summary>
    [Alias("remove-alias")]
    Task<TrafficReading> RemoveAliasAsync(string alias, ChangeAuthor author);

    /// <summary>
    /// Reports a process's counts. Every process that routes reports once a second during a rollout, even without counts: that reactivates
    /// the grain after its silo is lost.
    /// </summary>
    [AlwaysInterleave, Alias("report-calls")]
    Task ReportCallsAsync(CallReport report);

    /// <summary>
    /// Pins <c>prod</c> to the serving version if it is not set, before a newer version is published. Returns once every router has applied
    /// it, so none routes to the new version first. Throws <see cref="KreweErrorCode.Unavailable"/> on timeout.
    /// </summary>
    [AlwaysInterleave, ResponseTimeout("00:02:00"), Alias("pin")]
    Task PinAsync(long published);

    /// <summary>
    /// Stops routing to a version; returns once no router uses it and all silos have drained it. Throws
    /// <see cref="KreweErrorCode.Unavailable"/> on timeout; the version stays retired, and a retry resumes.
    /// </summary>
    [AlwaysInterleave, ResponseTimeout("00:02:00"), Alias("retire")]
    Task RetireAsync(long version, ChangeAuthor author);

    /// <summary>Forgets a retired version that was deleted, or published again.</summary>
    [Alias("forget")]
    Task ForgetAsync(long version, ChangeAuthor author);

    /// <summary>Restores a retired version whose deletion was given up: calls may be routed to it again.</summary>
    [Alias("restore")]
    Task RestoreAsync(long version, ChangeAuthor author);
}
