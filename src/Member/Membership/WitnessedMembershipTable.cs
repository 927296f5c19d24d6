using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Krewe.Member.Membership;

/// <summary>
/// Lets a member be declared dead only if two witnesses agree at that moment. Orleans' own votes may be stale after a database outage, and
/// with few members a single vote suffices for it.
/// </summary>
internal sealed partial class WitnessedMembershipTable(
    IMembershipTable inner, Lazy<PeerClient> peers, ILocalSiloDetails self, TimeProvider time, ILogger<WitnessedMembershipTable> logger)
    : MembershipTableDecorator(inner)
{
    // A refusal is immediate; a member that hangs or is gone shows by a message timeout.
    private static readonly TimeSpan RefusalLimit = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<SiloAddress, (DateTime Heartbeat, long Since)> heartbeats = new();

    public override async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken)
    {
        try
        {
            var table = await base.ReadAllAsync(cancellationToken);
            Observe(table);
            return table;
        }
        catch
        {
            // A failed read says nothing about heartbeats.
            heartbeats.Clear();
            throw;
        }
    }

    public override async Task<bool> UpdateRowAsync(
        MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken) =>
        (entry.Status != SiloStatus.Dead || IsOwn(entry.SiloAddress) || await IsGoneAsync(entry.SiloAddress))
        && await base.UpdateRowAsync(entry, etag, tableVersion, cancellationToken);

    // This process, or an earlier one at the same address.
    private bool IsOwn(SiloAddress silo) => silo.Endpoint.Equals(self.SiloAddress.Endpoint);

    private async Task<bool> IsGoneAsync(SiloAddress silo)
    {
        var own = await peers.Value.ProbeAsync(silo);
        var limit = own == PeerState.Refusing ? RefusalLimit : SilenceLimit;
        var others = own == PeerState.Answering ? [] : await peers.Value.ProbeFromOthersAsync(silo, limit);
        var silence = heartbeats.TryGetValue(silo, out var seen) ? time.GetElapsedTime(seen.Since) : TimeSpan.Zero;
        var gone = DeathVerdict.IsGone(own, others, silence);
        var reason = Describe(own, others, silence);
        if (gone)
        {
            LogGone(silo, reason);
        }
        else
        {
            LogKept(silo, reason);
        }

        return gone;
    }

    private static string Describe(PeerState own, IReadOnlyList<PeerState> others, TimeSpan silence) =>
        others.Count > 0
            ? $"{Describe(own)} from here; from others: {string.Join(", ", others.Select(Describe))}"
            : $"{Describe(own)} from here; no other member can be asked, and its heartbeat in the table is {silence.TotalSeconds:0.0} s "
                + "old";

    private static string Describe(PeerState state) => state switch
    {
        PeerState.Answering => "it answers",
        PeerState.Listening => "it accepts connections but does not answer",
        PeerState.Refusing => "it refuses connections",
        _ => "it is silent",
    };

    private void Observe(MembershipTableData table)
    {
        var present = table.Members.Select(static member => member.Item1).ToDictionary(static member => member.SiloAddress);
        foreach (var silo in heartbeats.Keys.Where(silo => !present.ContainsKey(silo)))
        {
            heartbeats.TryRemove(silo, out _);
        }

        foreach (var member in present.Values)
        {
            // The clock offset is measured repeatedly and shifts the times slightly.
            if (!heartbeats.TryGetValue(member.SiloAddress, out var seen) || seen.Heartbeat < member.IAmAliveTime - (
                MemberTiming.HeartbeatInterval / 2))
            {
                heartbeats[member.SiloAddress] = (member.IAmAliveTime, time.GetTimestamp());
            }
        }
    }

    [LoggerMessage(EventId = 504, Level = LogLevel.Warning, Message = "Member {Silo} is dead: {Reason}")]
    private partial void LogGone(SiloAddress silo, string reason);

    [LoggerMessage(EventId = 506, Level = LogLevel.Warning, Message = "Member {Silo} is not declared dead: {Reason}")]
    private partial void LogKept(SiloAddress silo, string reason);
}

/// <summary>Decides whether a member may be declared dead. No member decides that alone.</summary>
internal static class DeathVerdict
{
    /// <summary>
    /// The minimum age of the heartbeat if no other member can be asked, so that the table is the second witness: three times
    /// <see cref="MemberTiming.HeartbeatInterval"/>.
    /// </summary>
    public static TimeSpan SilenceForProof { get; } = 3 * MemberTiming.HeartbeatInterval;

    /// <summary>True if two witnesses agree that it is dead, and none has seen it alive.</summary>
    /// <param name="own">The result of this member's probe.</param>
    /// <param name="others">The results of other members' probes.</param>
    /// <param name="silence">The age of the last heartbeat, counted while the table was readable.</param>
    public static bool IsGone(PeerState own, IReadOnlyList<PeerState> others, TimeSpan silence)
    {
        if (own == PeerState.Answering || others.Contains(PeerState.Answering))
        {
            return false;
        }

        return others.Count == 0 ? silence >= SilenceForProof
            // Refused here but listening there: a network problem.
            : own != PeerState.Refusing || (others.Contains(PeerState.Refusing) && !others.Contains(PeerState.Listening));
    }
}
