using System.Diagnostics;
using Krewe.Abstractions.Errors;
using Krewe.Client.PostgreSql;
using Krewe.Member.Database;
using Krewe.Processes;
using Krewe.TestDatabase;
using Microsoft.Extensions.Logging.Testing;
using Npgsql;

namespace Krewe.Member.Tests.Database;

public sealed class DatabaseSetupTests(SharedServer shared)
{
    private readonly FakeLogCollector log = new();

    [Fact]
    public async Task Tables_are_made_once()
    {
        var database = await shared.Server.CreateDatabaseAsync();

        await ApplyAsync(database);
        await ApplyAsync(database);

        Assert.Equal(DatabaseSchema.Steps.Select(step => step.Number), Enumerable.Range(1, DatabaseSchema.Version));
        Assert.Equal(DatabaseSchema.Version, await CountAsync(database, "krewe.krewe_schema"));
        Assert.Equal(DatabaseSchema.Queries.Count, await CountAsync(database, "krewe.orleansquery"));
        Assert.Single(log.Lines, line => line.Contains("from version 0", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Eight_nodes_at_once_make_them_once()
    {
        var database = await shared.Server.CreateDatabaseAsync();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ApplyAsync(database))));

        Assert.Equal(DatabaseSchema.Version, await CountAsync(database, "krewe.krewe_schema"));
        Assert.Single(log.Lines, line => line.Contains("from version", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_others_have_in_the_database_is_left_alone()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await PostgreSqlServer.ExecuteAsync(
            database,
            "CREATE TABLE OrleansQuery (QueryKey varchar(64) PRIMARY KEY, QueryText varchar(8000) NOT NULL);"
            + "INSERT INTO OrleansQuery VALUES ('ReadFromStorageKey', 'theirs');"
            + "CREATE TABLE OrleansMembershipTable (DeploymentId varchar(150), Address varchar(45));"
            + "INSERT INTO OrleansMembershipTable VALUES ('theirs', '10.0.0.1')");

        await ApplyAsync(database);

        Assert.Equal("theirs", await PostgreSqlServer.ReadAsync<string>(database, "SELECT QueryText FROM public.OrleansQuery"));
        Assert.Equal(1L, await CountAsync(database, "public.OrleansMembershipTable"));
        Assert.NotEqual("theirs", await PostgreSqlServer.ReadAsync<string>(
            database, "SELECT querytext FROM krewe.orleansquery WHERE querykey = 'ReadFromStorageKey'"));
    }

    [Fact]
    public async Task An_older_version_is_brought_up_to_date_and_keeps_its_rows()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await ApplyAsync(database);
        await PostgreSqlServer.ExecuteAsync(
            database,
            $"DELETE FROM krewe.krewe_schema WHERE step = {DatabaseSchema.Version};"
            + "DROP TABLE krewe.grain_state;"
            + "UPDATE krewe.orleansquery SET querytext = 'old';"
            + "INSERT INTO krewe.cluster (cluster_id, version) VALUES ('kept', 7)");

        await ApplyAsync(database);

        Assert.Equal(0L, await CountAsync(database, "krewe.grain_state"));
        Assert.Equal(0L, await CountAsync(database, "krewe.orleansquery WHERE querytext = 'old'"));
        Assert.Equal(7, await PostgreSqlServer.ReadAsync<int>(database, "SELECT version FROM krewe.cluster WHERE cluster_id = 'kept'"));
    }

    [Fact]
    public async Task A_newer_version_is_left_as_it_is()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await ApplyAsync(database);
        await PostgreSqlServer.ExecuteAsync(
            database, "INSERT INTO krewe.krewe_schema (step, name) VALUES (99, 'later'); UPDATE krewe.orleansquery SET querytext = 'later'");

        await ApplyAsync(database);

        Assert.Equal(DatabaseSchema.Queries.Count, await CountAsync(database, "krewe.orleansquery WHERE querytext = 'later'"));
    }

    [Fact]
    public async Task A_role_that_may_not_create_tables_is_told_what_to_do()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        var role = await CreateRoleAsync(database);

        var error = await Assert.ThrowsAsync<KreweException>(() => ApplyAsync(role));

        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.Contains("--init-db", error.Message, StringComparison.Ordinal);
        Assert.Contains("are missing", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_role_without_any_right_is_told_so()
    {
        var database = await shared.Server.CreateDatabaseAsync();
        await ApplyAsync(database);
        var role = await CreateRoleAsync(database);

        var error = await Assert.ThrowsAsync<KreweException>(() => ApplyAsync(role));

        Assert.Contains("lacks a right", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Password=wrong-secret", "wrong password")]
    [InlineData("Username=nobody-here", "no such role")]
    [InlineData("Database=nothing-here", "there is no database 'nothing-here'")]
    public async Task What_waiting_cannot_mend_is_said_at_once_and_without_the_password(string change, string expected)
    {
        var database = new NpgsqlConnectionStringBuilder($"{shared.Server.ConnectionString};{change}").ConnectionString;
        var start = Stopwatch.StartNew();

        var error = await Assert.ThrowsAsync<KreweException>(() => ApplyAsync(database, TimeSpan.FromMinutes(5)));

        Assert.True(start.Elapsed < TimeSpan.FromMinutes(1));
        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
        AssertSilentAboutPasswords(error);
    }

    [Theory]
    [InlineData("db.example.com", SslMode.VerifyFull)]
    [InlineData("10.0.0.7", SslMode.VerifyFull)]
    [InlineData("localhost.example.com:5432", SslMode.VerifyFull)]
    [InlineData("127.0.0.1,db", SslMode.VerifyFull)]
    [InlineData("db;SSL Mode=Disable", SslMode.Disable)]
    [InlineData("db;sslmode=Require", SslMode.Require)]
    [InlineData("127.0.0.1", SslMode.Prefer)]
    [InlineData("127.0.0.2:5432", SslMode.Prefer)]
    [InlineData("::1", SslMode.Prefer)]
    [InlineData("LocalHost:5432", SslMode.Prefer)]
    [InlineData("/run/postgresql", SslMode.Prefer)]
    public async Task Beyond_loopback_the_server_must_show_a_certificate_for_its_name(string host, SslMode expected)
    {
        var options = new MemberOptions { Database = $"Host={host};Database=d;Username=u", DatabasePassword = "p" };
        await using var database = new DatabaseConnections(options);

        Assert.Equal(expected, new NpgsqlConnectionStringBuilder(database.Source.ConnectionString).SslMode);
        Assert.Equal(expected, new NpgsqlConnectionStringBuilder(ClusterDatabase.Complete(options.ConnectionString)).SslMode);
    }

    [Fact]
    public async Task A_server_without_TLS_where_it_is_needed_is_told_at_once_with_the_way_out()
    {
        var error = await Assert.ThrowsAsync<KreweException>(
            () => ApplyAsync($"{shared.Server.ConnectionString};SSL Mode=VerifyFull", TimeSpan.FromMinutes(5)));

        Assert.Equal(KreweErrorCode.InvalidInput, error.Code);
        Assert.Contains("it needs TLS and a certificate for the host's name", error.Message, StringComparison.Ordinal);
        Assert.Contains("SSL Mode", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_database_that_is_down_is_waited_for_and_then_reported()
    {
        var port = Ports.Reserve();
        var database = $"Host=127.0.0.1;Port={port};Database=krewe;Username=krewe;Password=wrong-secret";

        var error = await Assert.ThrowsAsync<KreweException>(() => ApplyAsync(database, TimeSpan.FromSeconds(3)));

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains($"the database at 127.0.0.1:{port} cannot be reached: ", error.Message, StringComparison.Ordinal);
        Assert.Contains(log.Lines, line => line.Contains($"Waiting for the database at 127.0.0.1:{port}", StringComparison.Ordinal));
        AssertSilentAboutPasswords(error);
    }

    [Fact]
    public async Task A_database_that_comes_while_a_node_waits_is_used()
    {
        await using var server = await PostgreSqlServer.CreateAsync();
        await server.StopAsync();

        var applying = ApplyAsync(server.ConnectionString, TimeSpan.FromMinutes(2));
        await server.StartAsync();
        await applying;

        Assert.Equal(DatabaseSchema.Version, await CountAsync(server.ConnectionString, "krewe.krewe_schema"));
    }

    private Task ApplyAsync(string database, TimeSpan? wait = null) => DatabaseSetup.ApplyAsync(
        new MemberOptions { Database = database, DatabaseWait = wait ?? TimeSpan.FromSeconds(30) }, TimeProvider.System, new FakeLogger(log), CancellationToken.None);

    private void AssertSilentAboutPasswords(Exception error)
    {
        foreach (var text in log.Lines.Append(error.ToString()))
        {
            Assert.DoesNotContain(shared.Server.Password, text, StringComparison.Ordinal);
            Assert.DoesNotContain("wrong-secret", text, StringComparison.Ordinal);
        }
    }

    private static Task<long> CountAsync(string database, string rows) => PostgreSqlServer.ReadAsync<long>(database, $"SELECT count(*) FROM {rows}");

    private static async Task<string> CreateRoleAsync(string database)
    {
        var role = $"role_{Guid.NewGuid():N}";
        await PostgreSqlServer.ExecuteAsync(database, $"CREATE ROLE {role} LOGIN PASSWORD 'of-the-role'");
        return new NpgsqlConnectionStringBuilder(database) { Username = role, Password = "of-the-role" }.ConnectionString;
    }
}
