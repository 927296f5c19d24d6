namespace Krewe.Rollouts.States;

/// <summary>The phase of a rollout. The first five are active, the others final.</summary>
public enum RolloutPhase
{
    /// <summary>The new version is loading and warming up; it gets no calls.</summary>
    [JsonStringEnumMemberName("Warming")]
    Warming,

    /// <summary>A step is running.</summary>
    [JsonStringEnumMemberName("Running")]
    Running,

    /// <summary>An operator stopped the clock: shares stay, guards stay active.</summary>
    [JsonStringEnumMemberName("Paused")]
    Paused,

    /// <summary>All steps have succeeded; waiting for an operator to promote.</summary>
    [JsonStringEnumMemberName("AwaitingPromotion")]
    AwaitingPromotion,

    /// <summary>The new version has all calls; the old one is still in memory.</summary>
    [JsonStringEnumMemberName("KeepingWarm")]
    KeepingWarm,

    /// <summary>The new version serves.</summary>
    [JsonStringEnumMemberName("Promoted")]
    Promoted,

    /// <summary>A guard or a failed load rolled back: the old version serves.</summary>
    [JsonStringEnumMemberName("RolledBack")]
    RolledBack,

    /// <summary>An operator rolled back: the old version serves.</summary>
    [JsonStringEnumMemberName("Aborted")]
    Aborted,
}
