using Orleans.Configuration;

namespace Krewe.Member.Membership;

/// <summary>
/// Orleans' membership timing. Crashes are detected by <see cref="DeathWatch"/> at once; probes are for silent machines and hanging
/// processes, and may be slow: a healthy process on an overloaded machine must never be declared dead.
/// </summary>
internal static class MemberTiming
{
    /// <summary>How often a member writes its heartbeat to the database.</summary>
    public static TimeSpan HeartbeatInterval { get; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A member is suspected after three failed probes in a row, the last one through another member, and 3 × 2 s without a message from
    /// it. A heartbeat is stale after 30 s; a stale member has no vote.
    /// </summary>
    public static void Apply(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.MinProbeTimeout = TimeSpan.FromMilliseconds(750);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 2;
        options.IAmAliveTablePublishTimeout = HeartbeatInterval;
        options.NumMissedTableIAmAliveLimit = 15;
        // Gossip pushes changes; the poll is the safety net.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        options.MaxJoinAttemptTime = TimeSpan.FromMinutes(2);
        // It compares start times, possibly gossiped, with another machine's clock. JoinWatch and probes replace it.
        options.EvictWhenMaxJoinAttemptTimeExceeded = false;
        options.DefunctSiloExpiration = TimeSpan.FromHours(1);
    }
}
