namespace Krewe.Rollouts;

/// <summary>What a guard looks at.</summary>
public enum GuardKind
{
    /// <summary>See <see cref="RolloutGuards.MaxErrorRateIncrease"/>.</summary>
    ErrorRate,

    /// <summary>See <see cref="RolloutGuards.MaxP50Ratio"/>.</summary>
    P50,

    /// <summary>See <see cref="RolloutGuards.MaxP99Ratio"/>.</summary>
    P99,

    /// <summary>See <see cref="RolloutGuards.MaxDisagreement"/>.</summary>
    Disagreement,
}
