using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>How a simulated rollout ended.</summary>
/// <param name="Phase">Its phase.</param>
/// <param name="Step">The step in which it went back, or after which it was promoted, from 0.</param>
/// <param name="Seconds">How long its last step took.</param>
/// <param name="Calls">Calls and copies that the new version got in that step.</param>
/// <param name="Guard">The guard that sent it back.</param>
internal sealed record Outcome(RolloutPhase Phase, int Step, int Seconds, long Calls, GuardKind? Guard);
