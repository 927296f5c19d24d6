using Krewe.Abstractions.Errors;
using Krewe.Client.PostgreSql;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace Krewe.Member.Database;

/// <summary>
/// Waits for the database, and creates or upgrades the tables. Up-to-date tables are only read, so a role without the right to create can
/// start. If several nodes start at once, one of them upgrades.
/// </summary>
public sealed partial class DatabaseSetup
{
    // The id of the advisory lock for schema changes: any number, but it must never change.
    private const long Lock = 0x6B_72_65_77_65;
    private const int LockWaitSeconds = 60;
    private static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan WaitLogInterval = TimeSpan.FromSeconds(5);

    private readonly DatabaseConnections database;
    private readonly DatabaseClock clock;
    private readonly TimeSpan timeout;
    private readonly TimeProvider time;
    private readonly ILogger logger;

    internal DatabaseSetup(DatabaseConnections database, DatabaseClock clock, MemberOptions options, TimeProvider time, ILogger logger)
    {
        this.database = database;
        this.clock = clock;
        this.time = time;
        this.logger = logger;
        timeout = options.DatabaseWait;
    }

    /// <summary>
    /// Runs <c>--init-db</c>: creates or upgrades the tables with the connection string's role. Uses only
    /// <see cref="MemberOptions.Database"/> and <see cref="MemberOptions.DatabaseWait"/>. Throws <see cref="KreweException"/>: Unavailable
    /// if
    /// the database cannot be reached in time, InvalidInput if it refuses.
    /// </summary>
    public static async Task ApplyAsync(MemberOptions options, TimeProvider time, ILogger logger, CancellationToken cancellationToken)
    {
        if (options.FindErrors()
            .Where(error => error.StartsWith(nameof(MemberOptions.Database), StringComparison.Ordinal)).ToArray() is { Length: > 0 } errors)
        {
            throw KreweException.InvalidInput(string.Join("; ", errors));
        }

        await using var database = new DatabaseConnections(options);
        await new DatabaseSetup(database, new DatabaseClock(time), options, time, logger).EnsureAsync(cancellationToken);
    }

    /// <summary>Waits until the tables exist and are up to date. Throws as for <c>--init-db</c>.</summary>
    internal async Task EnsureAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        TimeSpan? logged = null;
        while (true)
        {
            try
            {
                await using var connection = await database.Source.OpenConnectionAsync(cancellationToken);
                await clock.MeasureAsync(connection, cancellationToken);
                await EnsureTablesAsync(connection, cancellationToken);
                return;
            }
            catch (Exception error) when (
                error is not OperationCanceledException && (!DatabaseFault.IsPassing(error) || time.GetElapsedTime(start) >= timeout))
            {
                throw DatabaseFault.Explain(error, database);
            }
            catch (Exception error) when (error is not OperationCanceledException)
            {
                var waited = time.GetElapsedTime(start);
                if (logged is null || waited - logged >= WaitLogInterval)
                {
                    logged = waited;
                    LogWaiting(database.Place, DatabaseFault.Reason(error), (int)(timeout - waited).TotalSeconds);
                }
            }

            await Task.Delay(RetryDelay, time, cancellationToken);
        }
    }

    private async Task EnsureTablesAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        var version = await ReadVersionAsync(connection, cancellationToken);
        if (version >= DatabaseSchema.Version)
        {
            return;
        }

        try
        {
            await ApplyAsync(connection, cancellationToken);
        }
        catch (PostgresException error) when (error.SqlState == PostgresErrorCodes.InsufficientPrivilege)
        {
            throw KreweException.InvalidInput(
                $"the tables in the {database} are "
                    + $"{(version == 0 ? "missing" : $"at version {version}, but this program needs {DatabaseSchema.Version}")}, "
                    + $"and role '{database.Role}' may not create them ({error.MessageText}): run once with --init-db and a role that may",
                error);
        }
    }

    /// <summary>The last applied step, 0 for none; needs only the right to read.</summary>
    private static async Task<int> ReadVersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        try
        {
            await using var command = new NpgsqlCommand("SELECT coalesce(max(step), 0) FROM krewe.krewe_schema", connection);
            return (int)(await command.ExecuteScalarAsync(cancellationToken))!;
        }
        catch (PostgresException error) when (error.SqlState is PostgresErrorCodes.UndefinedTable or PostgresErrorCodes.InvalidSchemaName)
        {
            return 0;
        }
    }

    private async Task ApplyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
        await ExecuteAsync(connection, $"SELECT pg_advisory_xact_lock({Lock})", cancellationToken);
        // CREATE SCHEMA IF NOT EXISTS requires the right to create one even if it exists.
        if (!await ExistsAsync(connection, "SELECT to_regnamespace($1) IS NOT NULL", ClusterDatabase.Schema, cancellationToken))
        {
            await ExecuteAsync(connection, $"CREATE SCHEMA {ClusterDatabase.Schema}", cancellationToken);
        }

        await ExecuteAsync(
            connection,
            "CREATE TABLE IF NOT EXISTS krewe.krewe_schema "
            + "(step integer PRIMARY KEY, name text NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())",
            cancellationToken);
        var version = await ReadVersionAsync(connection, cancellationToken);
        if (version >= DatabaseSchema.Version)
        {
            return; // Another node has upgraded it.
        }

        foreach (var step in DatabaseSchema.Steps.Where(step => step.Number > version))
        {
            await ExecuteAsync(connection, step.Sql, cancellationToken);
            await ExecuteAsync(
                connection, "INSERT INTO krewe.krewe_schema (step, name) VALUES ($1, $2)", cancellationToken, step.Number, step.Name);
        }

        foreach (var (key, text) in DatabaseSchema.Queries)
        {
            await ExecuteAsync(
                connection,
                "INSERT INTO krewe.orleansquery (querykey, querytext) VALUES ($1, $2) "
                + "ON CONFLICT (querykey) DO UPDATE SET querytext = excluded.querytext",
                cancellationToken, key, text);
        }

        await transaction.CommitAsync(cancellationToken);
        LogApplied(database.ToString(), version, DatabaseSchema.Version);
    }

    private static async Task<bool> ExistsAsync(NpgsqlConnection connection, string sql, string name, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        command.Parameters.AddWithValue(name);
        return (bool)(await command.ExecuteScalarAsync(cancellationToken))!;
    }

    private static async Task ExecuteAsync(
        NpgsqlConnection connection, string sql, CancellationToken cancellationToken, params object[] values)
    {
        await using var command = new NpgsqlCommand(sql, connection) { CommandTimeout = LockWaitSeconds };
        foreach (var value in values)
        {
            command.Parameters.AddWithValue(value);
        }

        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    [LoggerMessage(EventId = 500, Level = LogLevel.Warning,
        Message = "Waiting for the database at {Place}, for {Seconds} s more: {Reason}")]
    private partial void LogWaiting(string place, string reason, int seconds);

    [LoggerMessage(
        EventId = 501, Level = LogLevel.Information, Message = "Upgraded the tables in the {Database} from version {Old} to {New}")]
    private partial void LogApplied(string database, int old, int @new);
}
