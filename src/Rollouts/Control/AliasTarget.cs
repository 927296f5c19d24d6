using Krewe.Abstractions;

namespace Krewe.Rollouts;

/// <summary>An alias and what it means now.</summary>
/// <param name="Alias">The name.</param>
/// <param name="Version">The version; null where there is none that can serve.</param>
/// <param name="IsSet">False for <c>prod</c> and <c>latest</c> where they were not set: they follow the newest version that can serve.</param>
public sealed record AliasTarget(string Alias, ModelVersion? Version, bool IsSet);
