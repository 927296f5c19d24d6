namespace Krewe.Rollouts;

/// <summary>
/// A guard has spoken once. It takes calls made after that moment to confirm it, so that one bad second alone sends nothing back.
/// </summary>
/// <param name="Guard">Which one.</param>
/// <param name="At">When it spoke.</param>
/// <param name="Before">What had been counted in the step by then.</param>
public sealed record GuardSignal(GuardKind Guard, DateTimeOffset At, StepCounts Before);
