namespace Krewe.Rollouts;

/// <summary>What a guard finds, from good to bad.</summary>
internal enum GuardState
{
    /// <summary>Within the threshold as far as the numbers go, or too few calls to say.</summary>
    Healthy,

    /// <summary>Over the threshold, which may be chance.</summary>
    InDoubt,

    /// <summary>Over the threshold, which is hardly chance.</summary>
    Signal,
}
