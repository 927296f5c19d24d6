namespace Krewe.Grains.Tests.Cluster;

/// <summary>The table of the cluster's members, shared by the silos of one process.</summary>
internal sealed class SharedMembership : IMembershipTable
{
    private readonly Lock gate = new();
    private readonly Dictionary<SiloAddress, (MembershipEntry Entry, string Tag)> rows = [];
    private TableVersion version = new(0, "0");

    public Task InitializeMembershipTable(bool tryInitTableVersion) => Task.CompletedTask;

    public Task DeleteMembershipTableEntries(string clusterId) => Task.CompletedTask;

    public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => Task.CompletedTask;

    public Task<MembershipTableData> ReadRow(SiloAddress key) => Task.FromResult(Read(silo => silo.Equals(key)));

    public Task<MembershipTableData> ReadAll() => Task.FromResult(Read(_ => true));

    public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion) =>
        Task.FromResult(Write(entry, tableVersion, () => !rows.ContainsKey(entry.SiloAddress)));

    public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) =>
        Task.FromResult(Write(entry, tableVersion, () => rows.TryGetValue(entry.SiloAddress, out var row) && row.Tag == etag));

    public Task UpdateIAmAlive(MembershipEntry entry)
    {
        lock (gate)
        {
            if (rows.TryGetValue(entry.SiloAddress, out var row))
            {
                row.Entry.IAmAliveTime = entry.IAmAliveTime;
            }
        }

        return Task.CompletedTask;
    }

    private MembershipTableData Read(Func<SiloAddress, bool> isWanted)
    {
        lock (gate)
        {
            return new MembershipTableData(
                [.. rows.Values.Where(row => isWanted(row.Entry.SiloAddress)).Select(row => Tuple.Create(Copy(row.Entry), row.Tag))], version);
        }
    }

    private bool Write(MembershipEntry entry, TableVersion next, Func<bool> isAllowed)
    {
        lock (gate)
        {
            if (next.VersionEtag != version.VersionEtag || !isAllowed())
            {
                return false;
            }

            version = new TableVersion(next.Version, $"{next.Version}");
            rows[entry.SiloAddress] = (Copy(entry), $"{next.Version}");
            return true;
        }
    }

    private static MembershipEntry Copy(MembershipEntry entry) => new()
    {
        SiloAddress = entry.SiloAddress,
        Status = entry.Status,
        SuspectTimes = entry.SuspectTimes is { } times ? [.. times] : null,
        ProxyPort = entry.ProxyPort,
        HostName = entry.HostName,
        SiloName = entry.SiloName,
        RoleName = entry.RoleName,
        UpdateZone = entry.UpdateZone,
        FaultZone = entry.FaultZone,
        StartTime = entry.StartTime,
        IAmAliveTime = entry.IAmAliveTime,
    };
}
