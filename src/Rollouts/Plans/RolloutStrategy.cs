namespace Krewe.Rollouts;

/// <summary>How a model moves from one version to another.</summary>
public enum RolloutStrategy
{
    /// <summary>The new version answers a share of the calls, which grows step by step.</summary>
    Canary,

    /// <summary>The new version gets copies of a share of the calls; its answers are compared and dropped.</summary>
    Shadow,

    /// <summary>The new version is warmed up, then takes all calls at once.</summary>
    BlueGreen,
}
