using Krewe.Abstractions.Errors;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;
using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Models;

/// <summary>
/// The durable route of one model, and the conductor of its rollout; its key is the model's name. Every change raises the epoch, is
/// published in the route book before its call returns, and waits for those before it alone: reads, reports and what waits for others
/// interleave. Off the path of requests. A change that contradicts what is there throws
/// <see cref="KreweException"/> with <see cref="KreweErrorCode.Conflict"/>; one that is made twice counts once.
/// </summary>
[Alias("krewe.model")]
public interface IModelGrain : IGrainWithStringKey
{
    /// <summary>The route as it stands.</summary>
    [AlwaysInterleave, Alias("route")]
    Task<ModelRoute> GetRouteAsync();

    /// <summary>
    /// Tells silos of the route and waits until they have drained what it takes out; those that take longer than 25 seconds, or cannot be
    /// reached, go on without the caller.
    /// </summary>
    [AlwaysInterleave, Alias("wait-until-applied")]
    Task WaitUntilAppliedAsync();

    /// <summary>An operator takes versions out, or (false) lets them in again.</summary>
    [Alias("set-unloaded")]
    Task<ModelRoute> SetUnloadedAsync(IReadOnlyList<long> versions, bool unloaded);

    /// <summary>A version is not to be loaded any more, for a reason.</summary>
    [Alias("quarantine")]
    Task<ModelRoute> QuarantineAsync(long version, string reason);

    /// <summary>A version may be loaded again.</summary>
    [Alias("clear-quarantine")]
    Task<ModelRoute> ClearQuarantineAsync(long version);

    /// <summary>Aliases, rollout, history and counts.</summary>
    [AlwaysInterleave, Alias("traffic")]
    Task<TrafficReading> GetTrafficAsync();

    /// <summary>Begins a rollout under an id that the caller made; returns once it is recorded.</summary>
    [Alias("start-rollout")]
    Task<TrafficReading> StartRolloutAsync(RolloutPlan plan, string id, ChangeAuthor author);

    /// <summary>Pauses, resumes, promotes or aborts.</summary>
    [AlwaysInterleave, Alias("command-rollout")]
    Task<TrafficReading> CommandRolloutAsync(RolloutOrder order);

    /// <summary>Points an alias to a version, which the caller has had loaded.</summary>
    [Alias("set-alias")]
    Task<TrafficReading> SetAliasAsync(string alias, long version, ChangeAuthor author);

    /// <summary>Removes an alias.</summary>
    [Alias("remove-alias")]
    Task<TrafficReading> RemoveAliasAsync(string alias, ChangeAuthor author);

    /// <summary>
    /// What a process has counted. Everybody who has a snapshot reports once a second while a rollout is under way, also where nothing was
    /// counted: that brings the grain back after its silo was lost.
    /// </summary>
    [AlwaysInterleave, Alias("report-calls")]
    Task ReportCallsAsync(CallReport report);

    /// <summary>
    /// Before a newer version appears: what serves is pinned as <c>prod</c> where that is not set. Done when every caller's snapshot has
    /// it, so that none sees the new version first. Throws <see cref="KreweErrorCode.Unavailable"/> where somebody takes too long.
    /// </summary>
    [AlwaysInterleave, ResponseTimeout("00:02:00"), Alias("pin")]
    Task PinAsync(long published);

    /// <summary>
    /// Nobody is sent to a version any more: done when no caller's snapshot has it and all silos have drained it. Throws
    /// <see cref="KreweErrorCode.Unavailable"/> where somebody takes too long; the version stays retired then, and asking again goes on.
    /// </summary>
    [AlwaysInterleave, ResponseTimeout("00:02:00"), Alias("retire")]
    Task RetireAsync(long version, ChangeAuthor author);

    /// <summary>A retired version is gone, or is there again as a new one.</summary>
    [Alias("forget")]
    Task ForgetAsync(long version, ChangeAuthor author);

    /// <summary>A retired version is not deleted after all: calls may go there again.</summary>
    [Alias("restore")]
    Task RestoreAsync(long version, ChangeAuthor author);
}
