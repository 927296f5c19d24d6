namespace Krewe.Rollouts;

/// <summary>
/// A guard has spoken once. It takes calls made a while after that moment to confirm it, so that one bad second alone sends nothing back.
/// </summary>
/// <param name="Guard">Which one.</param>
/// <param name="At">When it spoke.</param>
/// <param name="Before">What had been counted in the step before the calls that are to confirm it.</param>
/// <param name="IsSettled">False as long as <paramref name="Before"/> is of the moment when it spoke: those calls may begin in the same bad second.</param>
public sealed record GuardSignal(GuardKind Guard, DateTimeOffset At, StepCounts Before, bool IsSettled = false);
