using System.Net;
using Krewe.Member.Database;
using Krewe.Member.Membership;
using Krewe.TestDatabase;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Member.Tests.Membership;

public sealed class SkewlessMembershipTableTests(SharedServer shared)
{
    private static readonly DateTime Moment = new(2026, 11, 20, 12, 0, 0, DateTimeKind.Utc);
    private static readonly SiloAddress Silo = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 1), 1);

    [Theory]
    [InlineData(90)]
    [InlineData(-90)]
    [InlineData(0)]
    public async Task Times_are_stored_in_the_databases_clock_and_read_in_this_machines(int minutesAhead)
    {
        var ahead = TimeSpan.FromMinutes(minutesAhead);
        var inner = new RememberedTable();
        var table = new SkewlessMembershipTable(inner, await ClockAsync(ahead));
        var voter = SiloAddress.New(new IPEndPoint(IPAddress.Loopback, 2), 1);
        var entry = new MembershipEntry
        {
            SiloAddress = Silo, SiloName = "a", HostName = "b", Status = SiloStatus.Active, ProxyPort = 3, StartTime = Moment, IAmAliveTime = Moment,
            SuspectTimes = [Tuple.Create(voter, Moment)],
        };

        await table.InsertRow(entry, new TableVersion(1, "0"));
        var read = Assert.Single((await table.ReadAll()).Members).Item1;

        var stored = inner.Stored!;
        Assert.Equal(Moment, entry.StartTime);
        AssertNear(Moment - ahead, stored.StartTime);
        AssertNear(Moment - ahead, stored.IAmAliveTime);
        AssertNear(Moment - ahead, stored.SuspectTimes![0].Item2);
        Assert.Equal(DateTimeKind.Utc, stored.StartTime.Kind);
        AssertNear(Moment, read.StartTime);
        AssertNear(Moment, read.SuspectTimes![0].Item2);
        Assert.Equal((Silo, "a", "b", SiloStatus.Active, 3), (read.SiloAddress, read.SiloName, read.HostName, read.Status, read.ProxyPort));
    }

    private static void AssertNear(DateTime expected, DateTime actual) => Assert.True(
        (expected - actual).Duration() < TimeSpan.FromSeconds(30), $"expected {expected:O}, got {actual:O}");

    private async Task<DatabaseClock> ClockAsync(TimeSpan ahead)
    {
        var clock = new DatabaseClock(new FakeTimeProvider(TimeProvider.System.GetUtcNow() + ahead));
        await using var database = new DatabaseConnections(new MemberOptions { Database = shared.Server.ConnectionString });
        await using var connection = await database.Source.OpenConnectionAsync();
        await clock.MeasureAsync(connection, CancellationToken.None);
        return clock;
    }

    private sealed class RememberedTable : IMembershipTable
    {
        public MembershipEntry? Stored { get; private set; }

        public Task<bool> InsertRow(MembershipEntry entry, TableVersion tableVersion)
        {
            Stored = entry;
            return Task.FromResult(true);
        }

        public Task<MembershipTableData> ReadAll() => Task.FromResult(new MembershipTableData(Tuple.Create(Stored!, ""), new TableVersion(1, "1")));

        public Task InitializeMembershipTable(bool tryInitTableVersion) => throw new NotSupportedException();

        public Task DeleteMembershipTableEntries(string clusterId) => throw new NotSupportedException();

        public Task CleanupDefunctSiloEntries(DateTimeOffset beforeDate) => throw new NotSupportedException();

        public Task<MembershipTableData> ReadRow(SiloAddress key) => throw new NotSupportedException();

        public Task<bool> UpdateRow(MembershipEntry entry, string etag, TableVersion tableVersion) => throw new NotSupportedException();

        public Task UpdateIAmAlive(MembershipEntry entry) => throw new NotSupportedException();
    }
}
