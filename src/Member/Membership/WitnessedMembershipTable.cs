using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Krewe.Member.Membership;

/// <summary>
/// The membership table, which turns no other member's row dead unless two witnesses agree at that very moment. The engine's own
/// requests may have waited for a database that was away, and with few members left one vote is enough for it.
/// </summary>
internal sealed partial class WitnessedMembershipTable(
    IMembershipTable inner, Lazy<PeerClient> peers, ILocalSiloDetails self, TimeProvider time, ILogger<WitnessedMembershipTable> logger)
    : MembershipTableDecorator(inner)
{
    // A refusal comes at once wherever it comes; a member that hangs or is gone shows when a message to it times out.
    private static readonly TimeSpan RefusalLimit = TimeSpan.FromMilliseconds(300);
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(4);

    private readonly ConcurrentDictionary<SiloAddress, (DateTime Sign, long Since)> signs = new();

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
            // What could not be read is no silence.
            signs.Clear();
            throw;
        }
    }

    public override async Task<bool> UpdateRowAsync(
        MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken) =>
        (entry.Status != SiloStatus.Dead || IsOwn(entry.SiloAddress) || await IsGoneAsync(entry.SiloAddress))
        && await base.UpdateRowAsync(entry, etag, tableVersion, cancellationToken);

    // This process itself, or one before it at the same address.
    private bool IsOwn(SiloAddress silo) => silo.Endpoint.Equals(self.SiloAddress.Endpoint);

    private async Task<bool> IsGoneAsync(SiloAddress silo)
    {
        var own = await peers.Value.LookAsync(silo);
        var limit = own == PeerState.Refusing ? RefusalLimit : SilenceLimit;
        var others = own == PeerState.Answering ? [] : await peers.Value.AskOthersAsync(silo, limit);
        var silence = signs.TryGetValue(silo, out var seen) ? time.GetElapsedTime(seen.Since) : TimeSpan.Zero;
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
            : $"{Describe(own)} from here; no other member can say, and the table has had no sign of life for {silence.TotalSeconds:0.0} s";

    private static string Describe(PeerState state) => state switch
    {
        PeerState.Answering => "it answers",
        PeerState.Listening => "it accepts connections and does not answer",
        PeerState.Refusing => "its machine refuses connections",
        _ => "its machine is silent",
    };

    private void Observe(MembershipTableData table)
    {
        var present = table.Members.Select(static member => member.Item1).ToDictionary(static member => member.SiloAddress);
        foreach (var silo in signs.Keys.Where(silo => !present.ContainsKey(silo)))
        {
            signs.TryRemove(silo, out _);
        }

        foreach (var member in present.Values)
        {
            // The clocks' offset is measured anew now and then, which moves every time a little.
            if (!signs.TryGetValue(member.SiloAddress, out var seen) || seen.Sign < member.IAmAliveTime - (
                MemberTiming.SignOfLifeInterval / 2))
            {
                signs[member.SiloAddress] = (member.IAmAliveTime, time.GetTimestamp());
            }
        }
    }

    [LoggerMessage(EventId = 504, Level = LogLevel.Warning, Message = "Member {Silo} is dead: {Reason}")]
    private partial void LogGone(SiloAddress silo, string reason);

    [LoggerMessage(EventId = 506, Level = LogLevel.Warning, Message = "Member {Silo} is not declared dead: {Reason}")]
    private partial void LogKept(SiloAddress silo, string reason);
}

/// <summary>Whether a member may be declared dead. No member decides that alone.</summary>
internal static class DeathVerdict
{
    /// <summary>
    /// How long a member must have written no sign of life, where nobody else can be asked and the table is the second witness: three
    /// of <see cref="MemberTiming.SignOfLifeInterval"/>.
    /// </summary>
    public static TimeSpan SilenceForProof { get; } = 3 * MemberTiming.SignOfLifeInterval;

    /// <summary>True where two witnesses agree that it is gone, and none sees it alive.</summary>
    /// <param name="own">What the member that wants to declare it dead sees.</param>
    /// <param name="others">What those others see that could be asked.</param>
    /// <param name="silence">For how long it has written no sign of life while the table could be read.</param>
    public static bool IsGone(PeerState own, IReadOnlyList<PeerState> others, TimeSpan silence)
    {
        if (own == PeerState.Answering || others.Contains(PeerState.Answering))
        {
            return false;
        }

        return others.Count == 0 ? silence >= SilenceForProof
            // Refused here and listening there is the network's doing.
            : own != PeerState.Refusing || (others.Contains(PeerState.Refusing) && !others.Contains(PeerState.Listening));
    }
}
