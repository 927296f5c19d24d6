namespace Krewe.Rollouts;

/// <summary>As what a version answers a call.</summary>
public enum TrafficRole
{
    /// <summary>As the one that serves callers who name no version.</summary>
    Serving,

    /// <summary>As the new version of a rollout, in place of the serving one.</summary>
    Canary,

    /// <summary>As the new version of a rollout that gets copies; nobody sees the answer.</summary>
    Shadow,

    /// <summary>Because the caller named it, by number or alias.</summary>
    Named,

    /// <summary>As the old version of a rollout, beside the new one and as seldom as that: what its durations are compared with.</summary>
    Control,
}
