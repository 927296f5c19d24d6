namespace Krewe.Rollouts;

/// <summary>What an operator may do with a rollout under way.</summary>
public enum RolloutCommand
{
    /// <summary>Stops the clock of its step.</summary>
    Pause,

    /// <summary>Lets the clock run again.</summary>
    Resume,

    /// <summary>Gives the new version all calls now.</summary>
    Promote,

    /// <summary>Gives the old version all calls now.</summary>
    Abort,
}
