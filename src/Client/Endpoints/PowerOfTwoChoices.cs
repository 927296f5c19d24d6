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
    /// <param name="endpoints">The endpoints, by replica index.</param>
    /// <param name="avoid">The one that just failed this call.</param>
    /// <param name="random">The random source.</param>
    public static ReplicaEndpoint? Pick(ReadOnlySpan<ReplicaEndpoint> endpoints, ReplicaEndpoint? avoid, Random random)
    {
        if (endpoints.Length == 1)
        {
            return endpoints[0].State == ReplicaState.Lost ? null : endpoints[0];
        }

        var first = random.Next(endpoints.Length);
        var second = random.Next(endpoints.Length - 1);
        second += second >= first ? 1 : 0;
        if (IsGood(endpoints[first], avoid) && IsGood(endpoints[second], avoid))
        {
            return Lighter(endpoints[first], endpoints[second]);
        }

        return PickOf(endpoints, avoid, ReplicaState.Good, random)
            ?? (avoid is { State: ReplicaState.Good } ? avoid : null)
            ?? PickOf(endpoints, avoid, ReplicaState.Loading, random)
            ?? (avoid is { State: ReplicaState.Loading } ? avoid : null);
    }

    private static bool IsGood(ReplicaEndpoint endpoint, ReplicaEndpoint? avoid) =>
        endpoint.State == ReplicaState.Good && endpoint != avoid;

    private static ReplicaEndpoint Lighter(ReplicaEndpoint one, ReplicaEndpoint other) => other.Outstanding < one.Outstanding ? other : one;

    /// <summary>
    /// The same among replicas in one state: reservoir sampling of two candidates in one pass, each with equal probability.
    /// </summary>
    private static ReplicaEndpoint? PickOf(
        ReadOnlySpan<ReplicaEndpoint> endpoints, ReplicaEndpoint? avoid, ReplicaState state, Random random)
    {
        ReplicaEndpoint? one = null, other = null;
        var seen = 0;
        foreach (var endpoint in endpoints)
        {
            if (endpoint.State != state || endpoint == avoid)
            {
                continue;
            }

            var slot = random.Next(++seen);
            (one, other) = seen <= 2 ? (one is null ? (endpoint, other) : (one, endpoint))
                : slot == 0 ? (endpoint, other)
                : slot == 1 ? (one, endpoint)
                : (one, other);
        }

        return one is null || other is null ? one : Lighter(one, other);
    }
}
