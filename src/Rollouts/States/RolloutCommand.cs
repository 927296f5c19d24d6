using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.States;

/// <summary>An operator's command for an active rollout.</summary>
public enum RolloutCommand
{
    /// <summary>Stops the step's clock.</summary>
    [JsonStringEnumMemberName("Pause")]
    Pause,

    /// <summary>Restarts the step's clock.</summary>
    [JsonStringEnumMemberName("Resume")]
    Resume,

    /// <summary>Sends all calls to the new version now.</summary>
    [JsonStringEnumMemberName("Promote")]
    Promote,

    /// <summary>Sends all calls to the old version now.</summary>
    [JsonStringEnumMemberName("Abort")]
    Abort,
}

/// <summary>An alias and its current target.</summary>
/// <param name="Alias">The name.</param>
/// <param name="Version">The version; null if none can serve.</param>
/// <param name="IsSet">False for <c>prod</c> and <c>latest</c> if they are not set: they follow the newest version that can serve.</param>
public sealed record AliasTarget(string Alias, ModelVersion? Version, bool IsSet);
