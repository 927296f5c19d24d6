using Krewe.Abstractions.Models;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.States;

/// <summary>A rollout as it stands. Immutable; <see cref="RolloutMachine"/> makes the next one.</summary>
public sealed record Rollout
{
    /// <summary>The step that counts what happens while the new version is warmed up.</summary>
    public const int WarmingStep = -1;

    /// <summary>Tells it from all others of the model.</summary>
    [JsonPropertyName("id")]
    public required string Id { get; init; }

    /// <summary>What is wanted.</summary>
    [JsonPropertyName("plan")]
    public required RolloutPlan Plan { get; init; }

    /// <summary>The version that served when it began, and serves again if it goes back.</summary>
    [JsonPropertyName("from")]
    public required ModelVersion From { get; init; }

    /// <summary>Where it is.</summary>
    [JsonPropertyName("phase")]
    public required RolloutPhase Phase { get; init; }

    /// <summary>When it began.</summary>
    [JsonPropertyName("startedAt")]
    public required DateTimeOffset StartedAt { get; init; }

    /// <summary>
    /// The step it is in, from 0; <see cref="WarmingStep"/> before the first, and the number of steps once the new version has all calls.
    /// </summary>
    [JsonPropertyName("step")]
    public int Step { get; init; } = WarmingStep;

    /// <summary>When the phase last changed.</summary>
    [JsonPropertyName("phaseSince")]
    public required DateTimeOffset PhaseSince { get; init; }

    /// <summary>When the step's clock last began to run.</summary>
    [JsonPropertyName("stepSince")]
    public required DateTimeOffset StepSince { get; init; }

    /// <summary>What the step had taken when its clock last stopped.</summary>
    [JsonPropertyName("stepSpent")]
    public TimeSpan StepSpent { get; init; }

    /// <summary>How often the guards have looked in this window; it bounds their false alarms.</summary>
    [JsonPropertyName("looks")]
    public int Looks { get; init; }

    /// <summary>Which of the step's calls they look at; null for all of them.</summary>
    [JsonPropertyName("window")]
    public GuardWindow? Window { get; init; }

    /// <summary>What a guard said and is to be confirmed; null where none did.</summary>
    [JsonPropertyName("signal")]
    public GuardSignal? Signal { get; init; }

    /// <summary>What an operator asked for while the new version was being warmed up, to be done then; null for nothing.</summary>
    [JsonPropertyName("pending")]
    public RolloutCommand? Pending { get; init; }

    /// <summary>Why it ended as it did, or what it waits for; empty where there is nothing to say.</summary>
    [JsonPropertyName("reason")]
    public string Reason { get; init; } = "";

    /// <summary>The guard that sent it back; null where none did.</summary>
    [JsonPropertyName("breach")]
    public GuardBreach? Breach { get; init; }

    /// <summary>The step's settings; null outside of steps.</summary>
    public RolloutStep? CurrentStep => Step >= 0 && Step < Plan.Steps.Length ? Plan.Steps[Step] : null;

    /// <summary>How long the step has taken, pauses left out.</summary>
    public TimeSpan StepTime(DateTimeOffset now) =>
        Phase is RolloutPhase.Paused || now < StepSince ? StepSpent : StepSpent + (now - StepSince);
}
