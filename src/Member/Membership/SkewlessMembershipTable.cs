namespace Krewe.Member;

/// <summary>
/// The membership table with times in the database's clock. Members write times and compare those of others with their own clock,
/// so a clock that is minutes off would make all others look dead, or their votes outdated. Here every time goes in as the
/// database's and comes out as this machine's.
/// </summary>
internal sealed class SkewlessMembershipTable(IMembershipTable inner, DatabaseClock clock) : IMembershipTable
{
    public Task InitializeMembershipTable(bool tryInitTableVersion) => inner.InitializeMembershipTable(tryInitTableVersion);

    public Task DeleteMembershipTableEntries(string clusterId) => inner.DeleteMembershipTableEntries(clusterId);

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => inner.CleanupDefunctSiloEntries(beforeDate + clock.Offset);

    public async Task<MembershipTableData> ReadRow(SiloAddress key) => Shift(await inner.ReadRow(key), -clock.Offset);

    public async Task<MembershipTableData> ReadAll() => Shift(await inner.ReadAll(), -clock.Offset);

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) => inner.InsertRow(Shift(entry, clock.Offset), tableVersion);

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        inner.UpdateRow(Shift(entry, clock.Offset), etag, tableVersion);

    public Task UpdateIAmAlive(MembershipEntry entry) => inner.UpdateIAmAlive(Shift(entry, clock.Offset));

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

    // An entry that carries only one of the times leaves the other at its least value.
    private static DateTime Shift(DateTime moment, TimeSpan by) =>
        moment.Ticks + by.Ticks > DateTime.MinValue.Ticks && moment.Ticks + by.Ticks < DateTime.MaxValue.Ticks && moment != default ? moment + by : moment;
}
