using System.Text.RegularExpressions;
using Krewe.Member.Database;
using Krewe.Processes;
using Krewe.TestDatabase;
using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;

namespace Krewe.Member.Tests.Cluster;

public sealed partial class GrainStateTests(SharedServer shared)
{
    [Fact]
    public async Task State_is_written_read_and_cleared()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var observer = await Observer.StartAsync(database);
        var note = observer.Note("iris/1");

        Assert.Equal("", await note.ReadAsync());
        await note.WriteAsync("one");
        await note.WriteAsync("two");
        Assert.Equal("two", await note.ReadAsync());
        await note.ClearAsync();
        Assert.Equal("", await note.ReadAsync());
        Assert.Equal(0L, await PostgreSqlServer.ReadAsync<long>(database, "SELECT count(*) FROM krewe.grain_state"));
        await note.WriteAsync("three");
        Assert.Equal("three", await note.ReadAsync());
    }

    [Fact]
    public async Task Keys_that_look_like_the_same_number_are_kept_apart()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var observer = await Observer.StartAsync(database);
        string[] keys = ["cafe", "CAFE", "0cafe", "00cafe", "10", "010"];

        foreach (var key in keys)
        {
            await observer.Note(key).WriteAsync($"of {key}");
        }

        foreach (var key in keys)
        {
            Assert.Equal($"of {key}", await observer.Note(key).ReadAsync());
        }
    }

    [Fact]
    public async Task Of_two_writers_that_have_read_the_same_the_second_is_told()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await using var observer = await Observer.StartAsync(database);
        var note = observer.Note("iris/1");
        await note.WriteAsync("one");

        await PostgreSqlServer.ExecuteAsync(database, "UPDATE krewe.grain_state SET version = version + 1");

        await Assert.ThrowsAnyAsync<Exception>(() => note.WriteAsync("two"));
        Assert.Equal("one", await note.ReadAsync());
    }

    [Fact]
    public async Task The_documented_role_is_enough_for_a_member()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await DatabaseSetup.ApplyAsync(new MemberOptions { Database = database }, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        var role = $"node_{Guid.NewGuid():N}";
        await PostgreSqlServer.ExecuteAsync(database, Documented("krewe_node").Replace("krewe_node", role, StringComparison.Ordinal));
        var limited = new NpgsqlConnectionStringBuilder(database) { Username = role, Password = "choose one" }.ConnectionString;

        await using var observer = await Observer.StartAsync(limited);
        await using var other = await MemberProcess.StartAsync(limited, "other");
        await observer.Note("iris/1").WriteAsync("one");
        await observer.Note("iris/1").ClearAsync();
        await other.StopAsync();
        await observer.WaitForAsync(members => members.GetSiloStatus(other.Address) == SiloStatus.Dead, TimeSpan.FromSeconds(30));

        Assert.Empty(observer.Log.Errors);
    }

    [Fact]
    public async Task The_documented_role_is_enough_for_a_client()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await DatabaseSetup.ApplyAsync(new MemberOptions { Database = database }, TimeProvider.System, NullLogger.Instance, CancellationToken.None);
        var role = $"client_{Guid.NewGuid():N}";
        await PostgreSqlServer.ExecuteAsync(database, Documented("krewe_client").Replace("krewe_client", role, StringComparison.Ordinal));
        var limited = new NpgsqlConnectionStringBuilder(database) { Username = role, Password = "choose one", SearchPath = "krewe" }.ConnectionString;
        var query = DatabaseSchema.Queries["GatewaysQueryKey"].Replace("@DeploymentId", "'krewe'", StringComparison.Ordinal)
            .Replace("@Status", "3", StringComparison.Ordinal);

        Assert.Equal(DatabaseSchema.Queries.Count, await PostgreSqlServer.ReadAsync<long>(limited, "SELECT count(*) FROM OrleansQuery"));
        Assert.Equal(0L, await PostgreSqlServer.ReadAsync<long>(limited, $"SELECT count(*) FROM ({query}) gateways"));
        await Assert.ThrowsAsync<PostgresException>(() => PostgreSqlServer.ExecuteAsync(limited, "DELETE FROM krewe.member"));
    }

    // The statements of docs/operating.md for a role.
    private static string Documented(string role) => SqlBlock()
        .Matches(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "operating.md")))
        .Select(match => match.Groups[1].Value)
        .Single(text => text.Contains($"CREATE ROLE {role} ", StringComparison.Ordinal));

    [GeneratedRegex("```sql\n(.*?)```", RegexOptions.Singleline)]
    private static partial Regex SqlBlock();
}
