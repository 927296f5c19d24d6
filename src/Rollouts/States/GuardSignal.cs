using Krewe.Rollouts.Counts;

namespace Krewe.Rollouts.States;

/// <summary>A guard has spoken, and calls made later are to confirm it, so that one bad second alone sends nothing back.</summary>
/// <param name="Guard">Which one.</param>
/// <param name="At">When it spoke.</param>
/// <param name="Before">What had been counted in the step before the calls that are to confirm it.</param>
/// <param name="Trial">How far they have; null before they begin.</param>
public sealed record GuardSignal(
    [property: JsonPropertyName("guard")] GuardKind Guard,
    [property: JsonPropertyName("at")] DateTimeOffset At,
    [property: JsonPropertyName("before")] StepCounts Before,
    [property: JsonPropertyName("trial")] GuardTrial? Trial = null);

/// <summary>The calls that are to confirm a <see cref="GuardSignal"/> come in parts, each of which speaks for it or against it.</summary>
/// <param name="Since">When the present part began.</param>
/// <param name="Before">What had been counted in the step by then.</param>
/// <param name="For">Parts in which the new version was over the threshold.</param>
/// <param name="Against">Those in which it was not.</param>
public sealed record GuardTrial(
    [property: JsonPropertyName("since")] DateTimeOffset Since,
    [property: JsonPropertyName("before")] StepCounts Before,
    [property: JsonPropertyName("for")] int For,
    [property: JsonPropertyName("against")] int Against);

/// <summary>
/// The calls of a step that the guards look at: those since a moment. A new window begins after enough good calls, so that a version that
/// turns bad late is not covered by its good past; and after a signal that later calls did not confirm.
/// </summary>
/// <param name="Number">From 1; the first one begins with the step.</param>
/// <param name="Since">When it began.</param>
/// <param name="Before">What had been counted in the step by then.</param>
public sealed record GuardWindow(
    [property: JsonPropertyName("number")] int Number,
    [property: JsonPropertyName("since")] DateTimeOffset Since,
    [property: JsonPropertyName("before")] StepCounts Before);
