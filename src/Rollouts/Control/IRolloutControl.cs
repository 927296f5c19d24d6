using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Control;

/// <summary>
/// Changes a model's traffic: rollouts and aliases, in one process or in a cluster. When a call returns, its change is durable and applies
/// to requests that this process receives afterwards. Errors are <see cref="KreweException"/>: not found for an unknown model or
/// version, <see cref="KreweErrorCode.Conflict"/> for a change that contradicts the current state.
/// </summary>
public interface IRolloutControl
{
    /// <summary>The active rollout, or else the last one; null if there was none.</summary>
    ValueTask<RolloutStatus?> GetRolloutAsync(ModelName model, CancellationToken cancellationToken);

    /// <summary>
    /// Starts a rollout. Returns once it is recorded; the warm-up continues in the background. Refused while another rollout is active, for
    /// an invalid plan, and when memory cannot hold both versions and the plan is not <see cref="RolloutPlan.ReplicaByReplica"/>.
    /// </summary>
    ValueTask<RolloutStatus> StartRolloutAsync(ModelName model, RolloutPlan plan, ChangeAuthor author, CancellationToken cancellationToken);

    /// <summary>Pauses, resumes, promotes or aborts; idempotent.</summary>
    ValueTask<RolloutStatus> CommandAsync(
        ModelName model, RolloutCommand command, ChangeAuthor author, CancellationToken cancellationToken);

    /// <summary>The model's aliases by name, including <c>prod</c> and <c>latest</c>.</summary>
    ValueTask<IReadOnlyList<AliasTarget>> GetAliasesAsync(ModelName model, CancellationToken cancellationToken);

    /// <summary>
    /// Points an alias to a version after loading it and warming it up. <c>prod</c> cannot be moved while a rollout is active.
    /// </summary>
    ValueTask SetAliasAsync(ModelName model, string alias, ModelVersion version, ChangeAuthor author, CancellationToken cancellationToken);

    /// <summary>Removes an alias; <see cref="KreweErrorCode.VersionNotFound"/> if it is not set.</summary>
    ValueTask RemoveAliasAsync(ModelName model, string alias, ChangeAuthor author, CancellationToken cancellationToken);

    /// <summary>The history of changes, newest first.</summary>
    ValueTask<IReadOnlyList<HistoryEntry>> GetHistoryAsync(ModelName model, CancellationToken cancellationToken);
}
