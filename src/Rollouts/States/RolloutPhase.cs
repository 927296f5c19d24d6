namespace Krewe.Rollouts.States;

/// <summary>Where a rollout is in its life. The first five are under way, the others are its ends.</summary>
public enum RolloutPhase
{
    /// <summary>The new version is being loaded and warmed up; it takes no calls yet.</summary>
    [JsonStringEnumMemberName("Warming")]
    Warming,

    /// <summary>In a step.</summary>
    [JsonStringEnumMemberName("Running")]
    Running,

    /// <summary>An operator has stopped the clock: shares stay as they are, guards go on.</summary>
    [JsonStringEnumMemberName("Paused")]
    Paused,

    /// <summary>All steps are done well, and an operator is to promote.</summary>
    [JsonStringEnumMemberName("AwaitingPromotion")]
    AwaitingPromotion,

    /// <summary>The new version has all calls; the old one is still in memory.</summary>
    [JsonStringEnumMemberName("KeepingWarm")]
    KeepingWarm,

    /// <summary>Done: the new version serves.</summary>
    [JsonStringEnumMemberName("Promoted")]
    Promoted,

    /// <summary>A guard, or a load that failed, sent it back: the old version serves.</summary>
    [JsonStringEnumMemberName("RolledBack")]
    RolledBack,

    /// <summary>An operator sent it back: the old version serves.</summary>
    [JsonStringEnumMemberName("Aborted")]
    Aborted,
}
