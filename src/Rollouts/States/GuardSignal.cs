namespace Krewe.Rollouts;

/// <summary>A guard has spoken, and calls made later are to confirm it, so that one bad second alone sends nothing back.</summary>
/// <param name="Guard">Which one.</param>
/// <param name="At">When it spoke.</param>
/// <param name="Before">What had been counted in the step before the calls that are to confirm it.</param>
/// <param name="Trial">How far they have; null before they begin.</param>
public sealed record GuardSignal(GuardKind Guard, DateTimeOffset At, StepCounts Before, GuardTrial? Trial = null);
