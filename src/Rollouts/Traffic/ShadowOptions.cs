namespace Krewe.Rollouts;

/// <summary>What copies may take of a process. What goes beyond is skipped, and counted as such.</summary>
public sealed record ShadowOptions
{
    /// <summary>The most copies that wait, run or are compared.</summary>
    public int MaxUnderWay { get; init; } = 16;

    /// <summary>The most bytes that their inputs and the answers they are compared with hold.</summary>
    public long MaxBytes { get; init; } = 64L << 20;

    /// <summary>How long a copy may take.</summary>
    public TimeSpan Timeout { get; init; } = TimeSpan.FromSeconds(30);
}
