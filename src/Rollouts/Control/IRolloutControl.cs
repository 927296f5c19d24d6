using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Control;

/// <summary>
/// How operators move a model's traffic, in one process or in a cluster. Every change is durable before its call returns, and in
/// force by then for calls that begin afterwards in this process. Failures are <see cref="KreweException"/>: an unknown model or
/// version is not found, a change that contradicts what is there is <see cref="KreweErrorCode.Conflict"/>.
/// </summary>
public interface IRolloutControl
{
    /// <summary>The rollout under way, or the last one; null where there never was one.</summary>
    ValueTask<RolloutStatus?> GetRolloutAsync(ModelName model, CancellationToken cancellationToken);

    /// <summary>
    /// Begins a rollout; returns once it is recorded. Warming up goes on behind the call. Refused where another one is under way, where the
    /// plan cannot be right, and where memory cannot hold both versions and the plan is not <see cref="RolloutPlan.ReplicaByReplica"/>.
    /// </summary>
    ValueTask<RolloutStatus> StartRolloutAsync(ModelName model, RolloutPlan plan, ChangeAuthor author, CancellationToken cancellationToken);

    /// <summary>Pauses, resumes, promotes or aborts; doing it twice changes nothing.</summary>
    ValueTask<RolloutStatus> CommandAsync(
        ModelName model, RolloutCommand command, ChangeAuthor author, CancellationToken cancellationToken);

    /// <summary>The model's aliases by name, <c>prod</c> and <c>latest</c> among them.</summary>
    ValueTask<IReadOnlyList<AliasTarget>> GetAliasesAsync(ModelName model, CancellationToken cancellationToken);

    /// <summary>
    /// Points an alias to a version, which is loaded and warmed up first. <c>prod</c> does not move while a rollout is under way.
    /// </summary>
    ValueTask SetAliasAsync(ModelName model, string alias, ModelVersion version, ChangeAuthor author, CancellationToken cancellationToken);

    /// <summary>Removes an alias; one that is not there is <see cref="KreweErrorCode.VersionNotFound"/>.</summary>
    ValueTask RemoveAliasAsync(ModelName model, string alias, ChangeAuthor author, CancellationToken cancellationToken);

    /// <summary>The changes, newest first.</summary>
    ValueTask<IReadOnlyList<HistoryEntry>> GetHistoryAsync(ModelName model, CancellationToken cancellationToken);
}
