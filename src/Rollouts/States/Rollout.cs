using Krewe.Abstractions.Models;
using Krewe.Rollouts.Deciding;
using Krewe.Rollouts.Plans;

namespace Krewe.Rollouts.States;

/// <summary>The state of a rollout. Immutable; <see cref="RolloutMachine"/> makes the transitions.</summary>
public sealed record Rollout
{
    /// <summary>The step under which calls during the warm-up are counted.</summary>
    public const int WarmingStep = -1;

    private static readonly TimeSpan SeenInterval = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan MaxUnseen = TimeSpan.FromSeconds(30);

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

    /// <summary>When it was last known to be conducted; null in states of earlier versions.</summary>
    [JsonPropertyName("seenAt")]
    public DateTimeOffset? SeenAt { get; init; }

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

    /// <summary>
    /// Records that it is conducted; returns this if that was recorded recently. Time in which nobody conducted it, and a jump of the clock
    /// between two processes, move all times on, so that neither counts for a step.
    /// </summary>
    public Rollout Seen(DateTimeOffset now)
    {
        var gap = now - (SeenAt ?? now);
        return SeenAt is not null && gap >= TimeSpan.Zero && gap < SeenInterval ? this
            : (gap < TimeSpan.Zero || gap > MaxUnseen ? Moved(gap) : this) with { SeenAt = now };
    }

    private Rollout Moved(TimeSpan by) => this with
    {
        PhaseSince = PhaseSince + by,
        StepSince = StepSince + by,
        Window = Window is null ? null : Window with { Since = Window.Since + by },
        Signal = Signal is null ? null : Signal with
        {
            At = Signal.At + by, Trial = Signal.Trial is { } trial ? trial with { Since = trial.Since + by } : null,
        },
    };
}
