using Krewe.Abstractions;

namespace Krewe.Rollouts;

/// <summary>Where one call goes.</summary>
/// <param name="Version">The version; null for the newest that can serve.</param>
/// <param name="Role">As what it answers.</param>
/// <param name="Rollout">The rollout under whose name the call is counted; null for none.</param>
/// <param name="Fallback">The version that answers where this one fails; null for none.</param>
/// <param name="IsShadowed">True where a copy goes to the rollout's new version.</param>
public readonly record struct RouteTarget(
    ModelVersion? Version, TrafficRole Role, RolloutRoute? Rollout = null, ModelVersion? Fallback = null, bool IsShadowed = false);
