using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using Krewe.Member.Engine;
using Krewe.Member.Membership;
using Krewe.Processes;
using Krewe.TestDatabase;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Member.Tests.Cluster;

public sealed class MembershipTests(SharedServer shared, ITestOutputHelper output)
{
    [Fact]
    public async Task A_killed_member_is_gone_in_a_moment_and_calls_to_it_fail_at_once()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var observer = await Observer.StartAsync(database);
        await using var first = await MemberProcess.StartAsync(database, "first");
        await using var second = await MemberProcess.StartAsync(database, "second");
        Assert.Equal(
            new HashSet<SiloAddress> { observer.Address, first.Address, second.Address },
            (await observer.Silos.GetActiveAsync(CancellationToken.None)).ToHashSet());
        var note = await observer.FindNoteOnAsync("first");
        var call = note.LingerAsync(TimeSpan.FromMinutes(1));

        var clock = Stopwatch.StartNew();
        first.Kill();
        await Assert.ThrowsAsync<SiloUnavailableException>(() => call.WaitAsync(TimeSpan.FromSeconds(30)));
        var failed = clock.Elapsed;
        await observer.WaitForAsync(members => members.GetSiloStatus(first.Address) == SiloStatus.Dead, TimeSpan.FromSeconds(30));
        var dead = clock.Elapsed;
        var place = await Observer.AskAgainAsync(note);
        output.WriteLine($"call failed after {failed.TotalMilliseconds} ms, declared dead after {dead.TotalMilliseconds} ms, answered after {clock.Elapsed.TotalMilliseconds} ms");

        Assert.NotEqual("first", place);
        Assert.True(dead < TimeSpan.FromSeconds(5), $"declared dead after {dead}");
        Assert.DoesNotContain(first.Address, await observer.Silos.GetActiveAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_member_that_stops_leaves_in_order()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var observer = await Observer.StartAsync(database);
        await using var other = await MemberProcess.StartAsync(database, "other");

        await other.StopAsync();

        await observer.WaitForAsync(members => members.GetSiloStatus(other.Address) == SiloStatus.Dead, TimeSpan.FromSeconds(30));
        Assert.DoesNotContain(observer.Log.Lines, line => line.Contains("is declared dead", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_member_that_pauses_is_forgiven_and_one_that_hangs_is_not()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var observer = await Observer.StartAsync(database);
        await using var other = await MemberProcess.StartAsync(database, "other");
        await using var third = await MemberProcess.StartAsync(database, "third");
        var note = await observer.FindNoteOnAsync("other");

        other.Pause();
        var early = note.WhereAsync();
        await Task.Delay(TimeSpan.FromSeconds(3));
        other.Resume();
        Assert.Equal("other", await early);

        other.Pause();
        var clock = Stopwatch.StartNew();
        var late = note.LingerAsync(TimeSpan.Zero);
        await observer.WaitForAsync(members => members.GetSiloStatus(other.Address) == SiloStatus.Dead, TimeSpan.FromSeconds(60));
        output.WriteLine($"a hanging member was declared dead after {clock.Elapsed.TotalSeconds:F1} s");
        await Assert.ThrowsAsync<SiloUnavailableException>(() => late);
        Assert.NotEqual("other", await Observer.AskAgainAsync(note));

        other.Resume();
        await other.WaitForExitAsync();
        Assert.Equal(GracefulFatalErrorHandler.DeclaredDead, other.ExitCode);
    }

    [Fact]
    public async Task Of_two_members_the_last_goes_by_the_table()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var observer = await Observer.StartAsync(database);
        await using var other = await MemberProcess.StartAsync(database, "other");

        var clock = Stopwatch.StartNew();
        other.Kill();
        await observer.WaitForAsync(members => members.GetSiloStatus(other.Address) == SiloStatus.Dead, TimeSpan.FromSeconds(60));

        output.WriteLine($"the only other member was declared dead after {clock.Elapsed.TotalSeconds:F1} s");
        Assert.True(clock.Elapsed > DeathVerdict.SilenceForProof - MemberTiming.HeartbeatInterval, $"declared dead after {clock.Elapsed}");
    }

    [Fact]
    public async Task Connections_that_break_prove_nothing()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var observer = await Observer.StartAsync(database);
        await using var other = await MemberProcess.StartAsync(database, "other");
        var note = await observer.FindNoteOnAsync("other");

        foreach (var port in Enumerable.Repeat(new[] { other.Port, observer.Address.Endpoint.Port }, 10).SelectMany(ports => ports))
        {
            using var client = new TcpClient();
            await client.ConnectAsync(IPAddress.Loopback, port);
            client.Client.LingerState = new LingerOption(true, 0);
        }

        await observer.Services.GetRequiredService<DeathWatch>().CheckAsync(other.Address);
        Assert.Equal("other", await note.WhereAsync());
        Assert.Equal(2, (await observer.Silos.GetActiveAsync(CancellationToken.None)).Count);
        Assert.DoesNotContain("is declared dead", other.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task After_a_crash_of_everything_a_part_of_it_serves_again_soon(bool sameAddress)
    {
        var database = await shared.Server.CreateDatabaseAsync();
        var members = new List<MemberProcess>();
        foreach (var name in new[] { "first", "second", "third" })
        {
            members.Add(await MemberProcess.StartAsync(database, name));
        }

        members.ForEach(static member => member.Kill());
        var clock = Stopwatch.StartNew();
        // Only one of three comes back: the other two stay in the table as active, and nobody else can say that they are not.
        await using var observer = await Observer.StartAsync(database, sameAddress ? members[0].Port : null);
        await Observer.AskAgainAsync(observer.Note("any"));
        output.WriteLine($"served after {clock.Elapsed.TotalSeconds:F1} s");

        // Without a look of its own it would wait two minutes, and then end.
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(25), $"served after {clock.Elapsed}");
        foreach (var member in members)
        {
            await member.DisposeAsync();
        }
    }

    [Fact]
    public async Task Members_outlive_their_database()
    {
        await using var server = await PostgreSqlServer.CreateAsync();
        await using var observer = await Observer.StartAsync(server.ConnectionString);
        await using var other = await MemberProcess.StartAsync(server.ConnectionString, "other");
        var note = await observer.FindNoteOnAsync("other");
        Assert.Null(observer.Database.Problem);

        await server.StopAsync();
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed < TimeSpan.FromSeconds(20))
        {
            Assert.Equal("other", await note.WhereAsync());
            await Task.Delay(50);
        }

        Assert.Contains(server.Place, observer.Database.Problem, StringComparison.Ordinal);
        await server.StartAsync();
        await using var late = await MemberProcess.StartAsync(server.ConnectionString, "late");
        await observer.WaitForAsync(members => members.GetSiloStatus(late.Address) == SiloStatus.Active, TimeSpan.FromSeconds(30));

        Assert.Equal("other", await note.WhereAsync());
        Assert.False(observer.IsStopping);
        Assert.False(other.HasExited, other.Output);
        Assert.Equal(3, (await observer.Silos.GetActiveAsync(CancellationToken.None)).Count);
        await WaitAsync(() => observer.Database.Problem is null);
    }

    [Fact]
    public async Task A_member_ends_soon_while_its_database_is_away()
    {
        await using var server = await PostgreSqlServer.CreateAsync();
        await using var member = await MemberProcess.StartAsync(server.ConnectionString, "member");
        await server.StopAsync();

        var clock = Stopwatch.StartNew();
        await member.StopAsync();

        output.WriteLine($"ended after {clock.Elapsed.TotalSeconds:F1} s");
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"ended after {clock.Elapsed}");
        Assert.Contains("Cannot leave the cluster cleanly", member.Output, StringComparison.Ordinal);
    }

    private static async Task WaitAsync(Func<bool> rule)
    {
        for (var start = Stopwatch.StartNew(); !rule(); await Task.Delay(50))
        {
            Assert.True(start.Elapsed < TimeSpan.FromSeconds(30));
        }
    }
}
