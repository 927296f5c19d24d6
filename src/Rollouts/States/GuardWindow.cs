namespace Krewe.Rollouts;

/// <summary>
/// The calls of a step that the guards look at: those since a moment. A new window begins after enough good calls, so that a version that turns bad late is
/// not covered by its good past; and after a signal that later calls did not confirm.
/// </summary>
/// <param name="Number">From 1; the first one begins with the step.</param>
/// <param name="Since">When it began.</param>
/// <param name="Before">What had been counted in the step by then.</param>
public sealed record GuardWindow(int Number, DateTimeOffset Since, StepCounts Before);
