namespace Krewe.Api.Publishing;

/// <summary>Whether a rollout began that was asked for with a publish. Where it did not, the version is published all the same.</summary>
/// <param name="Id">The rollout; null where it did not begin.</param>
/// <param name="Reason">Why it did not; empty where it did.</param>
internal sealed record RolloutBeginning(string? Id, string Reason);
