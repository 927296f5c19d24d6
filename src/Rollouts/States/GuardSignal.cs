using Krewe.Rollouts.Counts;

namespace Krewe.Rollouts.States;

/// <summary>A signal of a guard that later calls must confirm, so that one bad second does not roll back.</summary>
/// <param name="Guard">The guard.</param>
/// <param name="At">When it was raised.</param>
/// <param name="Before">The step's counts before the calls that are to confirm it.</param>
/// <param name="Trial">The progress of the confirmation; null before it starts.</param>
public sealed record GuardSignal(
    [property: JsonPropertyName("guard")] GuardKind Guard,
    [property: JsonPropertyName("at")] DateTimeOffset At,
    [property: JsonPropertyName("before")] StepCounts Before,
    [property: JsonPropertyName("trial")] GuardTrial? Trial = null);

/// <summary>The confirmation of a <see cref="GuardSignal"/>, in parts that each confirm or contradict it.</summary>
/// <param name="Since">When the current part began.</param>
/// <param name="Before">The step's counts at that time.</param>
/// <param name="For">Parts in which the new version was over the threshold.</param>
/// <param name="Against">Parts in which it was not.</param>
public sealed record GuardTrial(
    [property: JsonPropertyName("since")] DateTimeOffset Since,
    [property: JsonPropertyName("before")] StepCounts Before,
    [property: JsonPropertyName("for")] int For,
    [property: JsonPropertyName("against")] int Against);

/// <summary>
/// The window of a step's calls that guards are evaluated on. A new window begins after enough healthy calls, so that a good past does not
/// mask a version that turns bad late; and after a signal that was not confirmed.
/// </summary>
/// <param name="Number">From 1; the first begins with the step.</param>
/// <param name="Since">When it began.</param>
/// <param name="Before">The step's counts at that time.</param>
public sealed record GuardWindow(
    [property: JsonPropertyName("number")] int Number,
    [property: JsonPropertyName("since")] DateTimeOffset Since,
    [property: JsonPropertyName("before")] StepCounts Before);
