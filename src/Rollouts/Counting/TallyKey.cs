namespace Krewe.Rollouts;

/// <summary>Under what a process counts: a rollout and its step.</summary>
public readonly record struct TallyKey(string Rollout, int Step);
