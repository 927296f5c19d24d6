namespace Krewe.Client.Endpoints;

/// <summary>
/// Load balancing between the replicas of a version by power of two choices: of two replicas drawn at random, the one with fewer calls
/// under way. That spreads load nearly as well as comparing all of them, without every caller choosing the same one.
/// </summary>
internal static class PowerOfTwoChoices
{
    /// <summary>
    /// The replica to call; null if all are lost. Replicas that load after a loss are a fallback, and <paramref name="avoid"/> is the last
    /// resort of each kind.
    /// </summary>
    /// <param name="lines">The endpoints, by replica index.</param>
    /// <param name="avoid">The one that just failed this call.</param>
    /// <param name="random">The random source.</param>
    public static ReplicaEndpoint? Pick(ReadOnlySpan<ReplicaEndpoint> lines, ReplicaEndpoint? avoid, Random random)
    {
        if (lines.Length == 1)
        {
            return lines[0].State == ReplicaState.Lost ? null : lines[0];
        }

        var first = random.Next(lines.Length);
        var second = random.Next(lines.Length - 1);
        second += second >= first ? 1 : 0;
        if (IsGood(lines[first], avoid) && IsGood(lines[second], avoid))
        {
            return Lighter(lines[first], lines[second]);
        }

        return PickOf(lines, avoid, ReplicaState.Good, random)
            ?? (avoid is { State: ReplicaState.Good } ? avoid : null)
            ?? PickOf(lines, avoid, ReplicaState.Loading, random)
            ?? (avoid is { State: ReplicaState.Loading } ? avoid : null);
    }

    private static bool IsGood(ReplicaEndpoint line, ReplicaEndpoint? avoid) => line.State == ReplicaState.Good && line != avoid;

    private static ReplicaEndpoint Lighter(ReplicaEndpoint one, ReplicaEndpoint other) => other.Outstanding < one.Outstanding ? other : one;

    /// <summary>
    /// The same among replicas in one state: reservoir sampling of two candidates in one pass, each with equal probability.
    /// </summary>
    private static ReplicaEndpoint? PickOf(ReadOnlySpan<ReplicaEndpoint> lines, ReplicaEndpoint? avoid, ReplicaState state, Random random)
    {
        ReplicaEndpoint? one = null, other = null;
        var seen = 0;
        foreach (var line in lines)
        {
            if (line.State != state || line == avoid)
            {
                continue;
            }

            var place = random.Next(++seen);
            (one, other) = seen <= 2 ? (one is null ? (line, other) : (one, line))
                : place == 0 ? (line, other)
                : place == 1 ? (one, line)
                : (one, other);
        }

        return one is null || other is null ? one : Lighter(one, other);
    }
}
