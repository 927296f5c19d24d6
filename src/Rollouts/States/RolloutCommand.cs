using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.States;

/// <summary>What an operator may do with a rollout under way.</summary>
public enum RolloutCommand
{
    /// <summary>Stops the clock of its step.</summary>
    [JsonStringEnumMemberName("Pause")]
    Pause,

    /// <summary>Lets the clock run again.</summary>
    [JsonStringEnumMemberName("Resume")]
    Resume,

    /// <summary>Gives the new version all calls now.</summary>
    [JsonStringEnumMemberName("Promote")]
    Promote,

    /// <summary>Gives the old version all calls now.</summary>
    [JsonStringEnumMemberName("Abort")]
    Abort,
}

/// <summary>An alias and what it means now.</summary>
/// <param name="Alias">The name.</param>
/// <param name="Version">The version; null where there is none that can serve.</param>
/// <param name="IsSet">False for <c>prod</c> and <c>latest</c> where they were not set: they follow the newest version that can
/// serve.</param>
public sealed record AliasTarget(string Alias, ModelVersion? Version, bool IsSet);
