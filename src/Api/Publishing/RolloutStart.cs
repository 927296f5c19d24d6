namespace Krewe.Api.Publishing;

/// <summary>Whether the rollout that was requested with a publish started. The version is published in any case.</summary>
/// <param name="Id">The rollout; null if it did not start.</param>
/// <param name="Reason">Why it did not start; empty otherwise.</param>
internal sealed record RolloutStart(string? Id, string Reason);
