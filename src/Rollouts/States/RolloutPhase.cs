namespace Krewe.Rollouts;

/// <summary>Where a rollout is in its life. The first five are under way, the others are its ends.</summary>
public enum RolloutPhase
{
    /// <summary>The new version is being loaded and warmed up; it takes no calls yet.</summary>
    Warming,

    /// <summary>In a step.</summary>
    Running,

    /// <summary>An operator has stopped the clock: shares stay as they are, guards go on.</summary>
    Paused,

    /// <summary>All steps are done well, and an operator is to promote.</summary>
    AwaitingPromotion,

    /// <summary>The new version has all calls; the old one is still in memory.</summary>
    KeepingWarm,

    /// <summary>Done: the new version serves.</summary>
    Promoted,

    /// <summary>A guard, or a load that failed, sent it back: the old version serves.</summary>
    RolledBack,

    /// <summary>An operator sent it back: the old version serves.</summary>
    Aborted,
}
