using Krewe.Abstractions.Models;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.States;

/// <summary>The state of a rollout. Immutable; <see cref="RolloutMachine"/> makes the transitions.</summary>
public sealed record Rollout
{
    /// <summary>The step under which calls during the warm-up are counted.</summary>
    public const int WarmingStep = -1;

    /// <summary>Unique among the model's rollouts.</summary>
    [JsonPropertyName("id")]
    public required string Id { get; init; }

    /// <summary>The plan.</summary>
    [JsonPropertyName("plan")]
    public required RolloutPlan Plan { get; init; }

    /// <summary>The old version: it served at the start, and serves again after a rollback.</summary>
    [JsonPropertyName("from")]
    public required ModelVersion From { get; init; }

    /// <summary>The phase.</summary>
    [JsonPropertyName("phase")]
    public required RolloutPhase Phase { get; init; }

    /// <summary>When it started.</summary>
    [JsonPropertyName("startedAt")]
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>
    /// The current step, from 0; <see cref="WarmingStep"/> before the first, and the number of steps after the switch.
    /// </summary>
    [JsonPropertyName("step")]
    public int Step { get; init; } = WarmingStep;

    /// <summary>When the phase last changed.</summary>
    [JsonPropertyName("phaseSince")]
    public required DateTimeOffset PhaseSince { get; init; }

    /// <summary>When the step's clock last started.</summary>
    [JsonPropertyName("stepSince")]
    public required DateTimeOffset StepSince { get; init; }

    /// <summary>The step's time when its clock last stopped.</summary>
    [JsonPropertyName("stepSpent")]
    public TimeSpan StepSpent { get; init; }

    /// <summary>Evaluations of the guards in this window; limits their false alarms.</summary>
    [JsonPropertyName("looks")]
    public int Evaluations { get; init; }

    /// <summary>The window of calls that guards are evaluated on; null for the whole step.</summary>
    [JsonPropertyName("window")]
    public GuardWindow? Window { get; init; }

    /// <summary>A guard's signal that is not confirmed yet; null for none.</summary>
    [JsonPropertyName("signal")]
    public GuardSignal? Signal { get; init; }

    /// <summary>A command given during the warm-up, executed when it is over; null for none.</summary>
    [JsonPropertyName("pending")]
    public RolloutCommand? Pending { get; init; }

    /// <summary>Why it ended, or what it waits for; may be empty.</summary>
    [JsonPropertyName("reason")]
    public string Reason { get; init; } = "";

    /// <summary>The breach that rolled it back; null for none.</summary>
    [JsonPropertyName("breach")]
    public GuardBreach? Breach { get; init; }

    /// <summary>The current step of the plan; null outside of steps.</summary>
    public RolloutStep? CurrentStep => Step >= 0 && Step < Plan.Steps.Length ? Plan.Steps[Step] : null;

    /// <summary>The step's duration so far, without pauses.</summary>
    public TimeSpan StepTime(DateTimeOffset now) =>
        Phase is RolloutPhase.Paused || now < StepSince ? StepSpent : StepSpent + (now - StepSince);
}
