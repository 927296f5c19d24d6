using Krewe.Processes;
using Npgsql;

namespace Krewe.TestDatabase;

/// <summary>
/// A private PostgreSQL of its own, in a temporary folder, made by eng/postgres.sh. Fast: it gives up durability. Where there is no
/// PostgreSQL, starting one throws, so that the tests that need it fail and say why.
/// </summary>
public sealed class PostgreSqlServer : IAsyncDisposable
{
    private readonly string folder = Path.Combine(Path.GetTempPath(), $"krewe-db-{Guid.NewGuid():N}");
    private readonly string address;
    private readonly IReadOnlyList<string> launcher;
    private int databases;

    private PostgreSqlServer(string address, IReadOnlyList<string> launcher) => (this.address, this.launcher) = (address, launcher);

    /// <summary>The role that owns everything, in the database <c>krewe</c>. Stays the same when the server starts again.</summary>
    public string ConnectionString { get; private set; } = "";

    /// <summary>Host and port as messages name them.</summary>
    public string Place => $"{address}:{new NpgsqlConnectionStringBuilder(ConnectionString).Port}";

    /// <summary>The password of <see cref="ConnectionString"/>.</summary>
    public string Password => new NpgsqlConnectionStringBuilder(ConnectionString).Password!;

    /// <summary>A new server, ready.</summary>
    /// <param name="address">The address it listens on.</param>
    /// <param name="launcher">The command that starts programs where that address is.</param>
    public static async Task<PostgreSqlServer> CreateAsync(string address = "127.0.0.1", IReadOnlyList<string>? launcher = null)
    {
        var server = new PostgreSqlServer(address, launcher ?? []);
        await server.StartAsync();
        return server;
    }

    /// <summary>Starts it, or starts it again with the same port and data.</summary>
    public async Task StartAsync() => ConnectionString = (await RunAsync("start", folder, "--fast", "--listen", address)).Trim();

    /// <summary>Stops it; connections break, and new ones are refused.</summary>
    public Task StopAsync() => RunAsync("stop", folder);

    /// <summary>A new, empty database; the connection string names the role that owns everything.</summary>
    public async Task<string> CreateDatabaseAsync()
    {
        var name = $"test_{Interlocked.Increment(ref databases)}";
        await ExecuteAsync(ConnectionString, $"CREATE DATABASE {name}");
        return new NpgsqlConnectionStringBuilder(ConnectionString) { Database = name }.ConnectionString;
    }

    /// <summary>Runs SQL, several statements at once where wanted.</summary>
    public static async Task ExecuteAsync(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(Unpooled(connectionString));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync();
    }

    /// <summary>The first value of the first row.</summary>
    public static async Task<T> ReadAsync<T>(string connectionString, string sql)
    {
        await using var connection = new NpgsqlConnection(Unpooled(connectionString));
        await connection.OpenAsync();
        await using var command = new NpgsqlCommand(sql, connection);
        return (T)(await command.ExecuteScalarAsync())!;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await RunAsync("stop", folder, "--now");
        Directory.Delete(folder, recursive: true);
    }

    private static string Unpooled(string connectionString) => new NpgsqlConnectionStringBuilder(connectionString) { Pooling = false }.ConnectionString;

    private async Task<string> RunAsync(params string[] arguments)
    {
        var end = await ProgramProcess.RunAsync([.. launcher, "bash", Path.Combine(Clone.Root, "eng", "postgres.sh"), .. arguments]);
        return end.ExitCode == 0
            ? end.Output
            : throw new InvalidOperationException($"eng/postgres.sh {arguments[0]} ended with code {end.ExitCode}: {end.Error}");
    }
}
