using Krewe.Abstractions.Models;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Routes;

/// <summary>The routing data of an active rollout.</summary>
/// <param name="Id">The rollout's id.</param>
/// <param name="Step">The step under which calls are counted; see <see cref="Rollout.Step"/>.</param>
/// <param name="From">The old version.</param>
/// <param name="To">The new version.</param>
/// <param name="Canary">The share of calls that go to the new version.</param>
/// <param name="Shadow">The share of the old version's calls that are copied to the new one.</param>
/// <param name="Tolerance">The tolerance of compared responses.</param>
public sealed record RolloutRoute(
    [property: JsonPropertyName("id")] string Id,
    [property: JsonPropertyName("step")] int Step,
    [property: JsonPropertyName("from")] ModelVersion From,
    [property: JsonPropertyName("to")] ModelVersion To,
    [property: JsonPropertyName("canary")] Share Canary,
    [property: JsonPropertyName("shadow")] Share Shadow,
    [property: JsonPropertyName("tolerance")] ComparisonTolerance Tolerance)
{
    /// <summary>True where both versions get calls.</summary>
    public bool IsSplit => Canary > Share.None && Canary < Share.All;

    /// <summary>
    /// True if the new version has all calls and a latency signal is pending: some calls are then made on both versions, which
    /// tells a slow version from a busy machine.
    /// </summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingDefault)]
    [JsonPropertyName("isTwinned")]
    public bool IsTwinned { get; init; }

    /// <summary>The route of an active rollout.</summary>
    public static RolloutRoute Of(Rollout rollout)
    {
        var (canary, shadow) = rollout.Phase switch
        {
            RolloutPhase.KeepingWarm => (Share.All, Share.None),
            _ when rollout.Phase.Splits() && rollout.CurrentStep is { } step => (step.Canary, step.Shadow),
            _ => (Share.None, Share.None),
        };
        return new RolloutRoute(rollout.Id, rollout.Step, rollout.From, rollout.Plan.Version, canary, shadow, rollout.Plan.Tolerance)
        {
            IsTwinned = canary == Share.All && rollout.Signal is { Guard: GuardKind.P50 or GuardKind.P99 },
        };
    }
}
