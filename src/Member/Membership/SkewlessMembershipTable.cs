using Krewe.Member.Database;

namespace Krewe.Member.Membership;

/// <summary>
/// Converts a membership table's times between this machine's clock and the database's. Members compare each other's times with their own
/// clock, so a clock that is minutes off would make all others look dead, or their votes stale.
/// </summary>
internal sealed class SkewlessMembershipTable(IMembershipTable inner, DatabaseClock clock) : MembershipTableDecorator(inner)
{
    public override Task CleanupDefunctSiloEntriesAsync(DateTimeOffset beforeDate, CancellationToken cancellationToken) =>
        base.CleanupDefunctSiloEntriesAsync(beforeDate + clock.Offset, cancellationToken);

    public override async Task<MembershipTableData> ReadRowAsync(SiloAddress key, CancellationToken cancellationToken) =>
        Shift(await base.ReadRowAsync(key, cancellationToken), -clock.Offset);

    public override async Task<MembershipTableData> ReadAllAsync(CancellationToken cancellationToken) =>
        Shift(await base.ReadAllAsync(cancellationToken), -clock.Offset);

    public override Task<bool> InsertRowAsync(MembershipEntry entry, TableVersion tableVersion, CancellationToken cancellationToken) =>
        base.InsertRowAsync(Shift(entry, clock.Offset), tableVersion, cancellationToken);

    public override Task<bool> UpdateRowAsync(
        MembershipEntry entry, string etag, TableVersion tableVersion, CancellationToken cancellationToken) =>
        base.UpdateRowAsync(Shift(entry, clock.Offset), etag, tableVersion, cancellationToken);

    public override Task UpdateIAmAliveAsync(MembershipEntry entry, CancellationToken cancellationToken) =>
        base.UpdateIAmAliveAsync(Shift(entry, clock.Offset), cancellationToken);

    private static MembershipTableData Shift(MembershipTableData table, TimeSpan by) =>
        new([.. table.Members.Select(member => Tuple.Create(Shift(member.Item1, by), member.Item2))], table.Version);

    private static MembershipEntry Shift(MembershipEntry entry, TimeSpan by) => new()
    {
        SiloAddress = entry.SiloAddress,
        SiloName = entry.SiloName,
        HostName = entry.HostName,
        Status = entry.Status,
        ProxyPort = entry.ProxyPort,
        RoleName = entry.RoleName,
        UpdateZone = entry.UpdateZone,
        FaultZone = entry.FaultZone,
        StartTime = Shift(entry.StartTime, by),
        IAmAliveTime = Shift(entry.IAmAliveTime, by),
        SuspectTimes = entry.SuspectTimes?.ConvertAll(vote => Tuple.Create(vote.Item1, Shift(vote.Item2, by))),
    };

    // An entry with only one of the times has the minimum value in the other.
    private static DateTime Shift(DateTime moment, TimeSpan by) =>
        moment.Ticks + by.Ticks > DateTime.MinValue.Ticks && moment.Ticks + by.Ticks < DateTime.MaxValue.Ticks && moment != default ? moment
            + by : moment;
}
