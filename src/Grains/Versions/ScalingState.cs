using System.Collections.Immutable;

namespace Krewe.Grains;

/// <summary>What <see cref="ReplicaScaling"/> remembers between two reports. Immutable; times count from its start.</summary>
/// <param name="Count">How many replicas callers choose from.</param>
internal sealed record ScalingState(int Count)
{
    /// <summary>Reports by replica.</summary>
    public ImmutableDictionary<int, ReplicaLoad> Loads { get; init; } = ImmutableDictionary<int, ReplicaLoad>.Empty;

    /// <summary>Since when there is pressure; null where there is none.</summary>
    public TimeSpan? PressedSince { get; init; }

    /// <summary>Since when fewer would do; null where they would not.</summary>
    public TimeSpan? SlackSince { get; init; }

    /// <summary>Calls that one replica answered in a second when there was pressure; 0 where that was never seen.</summary>
    public double SaturatedRate { get; init; }
}
