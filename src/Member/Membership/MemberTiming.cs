using Orleans.Configuration;

namespace Krewe.Member.Membership;

/// <summary>
/// How long members wait for each other. Processes that die are found by <see cref="DeathWatch"/> within a moment; probes are for
/// machines that fall silent and processes that hang, so they may take their time: a healthy process on a machine with too few
/// processors must never be taken for dead.
/// </summary>
internal static class MemberTiming
{
    /// <summary>How often a member writes its sign of life into the database.</summary>
    public static TimeSpan SignOfLifeInterval { get; } = TimeSpan.FromSeconds(2);

    /// <summary>
    /// A member is suspected when three probes in a row fail, the last one through another member, and nothing at all has come from it
    /// for 3 × 2 s. Signs of life go stale after 30 s, which only matters where votes are counted: stale members have none.
    /// </summary>
    public static void Apply(ClusterMembershipOptions options)
    {
        options.ProbeTimeout = TimeSpan.FromSeconds(1);
        options.MinProbeTimeout = TimeSpan.FromMilliseconds(750);
        options.MaxProbeTimeout = TimeSpan.FromSeconds(2);
        options.NumMissedProbesLimit = 3;
        options.NumVotesForDeathDeclaration = 2;
        options.IAmAliveTablePublishTimeout = SignOfLifeInterval;
        options.NumMissedTableIAmAliveLimit = 15;
        // Gossip tells of changes at once; reading is for who missed it.
        options.TableRefreshTimeout = TimeSpan.FromSeconds(5);
        options.MaxJoinAttemptTime = TimeSpan.FromMinutes(2);
        // It compares start times that may come by gossip, in the clock of another machine. JoinWatch and probes do its work.
        options.EvictWhenMaxJoinAttemptTimeExceeded = false;
        options.DefunctSiloExpiration = TimeSpan.FromHours(1);
    }
}
