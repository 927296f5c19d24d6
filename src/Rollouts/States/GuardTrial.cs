namespace Krewe.Rollouts;

/// <summary>The calls that are to confirm a <see cref="GuardSignal"/> come in parts, each of which speaks for it or against it.</summary>
/// <param name="Since">When the present part began.</param>
/// <param name="Before">What had been counted in the step by then.</param>
/// <param name="For">Parts in which the new version was over the threshold.</param>
/// <param name="Against">Those in which it was not.</param>
public sealed record GuardTrial(DateTimeOffset Since, StepCounts Before, int For, int Against);
