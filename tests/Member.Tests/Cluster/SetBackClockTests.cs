using System.Globalization;
using Krewe.Member.Database;
using Krewe.Processes;
using Krewe.TestDatabase;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Member.Tests.Cluster;

/// <summary>
/// A member tells which of two at its address is the older by the second of their start. Whatever the clock says, the one that
/// starts is the one that joins.
/// </summary>
public sealed class SetBackClockTests(SharedServer shared)
{
    [Theory]
    [InlineData(SiloStatus.Active)]
    [InlineData(SiloStatus.Dead)]
    public async Task A_row_from_the_future_keeps_no_member_from_starting(SiloStatus status)
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await DatabaseSetup.ApplyAsync(new MemberOptions { Database = database }, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        var port = Ports.Reserve();
        await PostgreSqlServer.ExecuteAsync(
            database,
            "INSERT INTO krewe.cluster (cluster_id, version) VALUES ('krewe', 5);"
            + "INSERT INTO krewe.member (cluster_id, address, port, generation, name, host, status, client_port, started_at, heard_at)"
            + $"VALUES ('krewe', '127.0.0.1', {port}, 2000000000, 'observer', 'here', {(int)status}, 0, now() + interval '1 year', now() + interval '1 year')");

        await using var observer = await Observer.StartAsync(database, port);
        await using var other = await MemberProcess.StartAsync(database, "other");

        Assert.Equal(2, (await observer.Silos.GetActiveAsync(CancellationToken.None)).Count);
        Assert.False(observer.IsStopping);
        Assert.Empty(observer.Log.Errors);
    }

    // -2h is beyond what the engine keeps of silos that are gone: an hour.
    [Theory]
    [InlineData("-2h", false)]
    [InlineData("-2h", true)]
    [InlineData("-1m", false)]
    public async Task A_member_whose_clock_was_set_back_joins_those_that_knew_it(string clock, bool stopped)
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var observer = await Observer.StartAsync(database);
        await using var third = await MemberProcess.StartAsync(database, "third");
        await using var before = await MemberProcess.StartAsync(database, "other");
        if (stopped)
        {
            await before.StopAsync();
        }
        else
        {
            before.Kill();
        }


        await using var after = await MemberProcess.StartAsync(database, "other", before.Port, clock);

        Assert.True(after.Address.Generation < before.Address.Generation);
        await observer.WaitForAsync(
            members => members.GetSiloStatus(after.Address) == SiloStatus.Active && members.GetSiloStatus(before.Address) == SiloStatus.Dead,
            TimeSpan.FromSeconds(30));
        await observer.FindNoteOnAsync("other");
        Assert.False(third.HasExited, third.Output);
        Assert.False(after.HasExited, after.Output);
    }

    [Fact]
    public async Task A_member_that_starts_again_within_the_second_joins()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var observer = await Observer.StartAsync(database);

        // A clock that stands still: both start in the same second.
        var moment = DateTimeOffset.FromUnixTimeSeconds(TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + 3)
            .ToLocalTime().ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
        await using var before = await MemberProcess.StartAsync(database, "other", clock: moment);
        before.Kill();
        await observer.WaitForAsync(members => members.GetSiloStatus(before.Address) == SiloStatus.Dead, TimeSpan.FromSeconds(30));

        await using var after = await MemberProcess.StartAsync(database, "other", before.Port, clock: moment);

        Assert.Equal(before.Address, after.Address);
        await observer.WaitForAsync(members => members.GetSiloStatus(after.Address) == SiloStatus.Active, TimeSpan.FromSeconds(30));
        await observer.FindNoteOnAsync("other");
        Assert.False(after.HasExited, after.Output);
    }
}
