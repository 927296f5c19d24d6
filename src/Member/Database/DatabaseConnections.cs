using Krewe.Client.PostgreSql;
using Npgsql;

namespace Krewe.Member.Database;

/// <summary>The connections of this process to the cluster's database. Its text never shows a password.</summary>
internal sealed class DatabaseConnections : IAsyncDisposable
{
    // A database that hangs must not hold anybody up for the half minute that is usual.
    private const int ConnectSeconds = 5;
    private const int CommandSeconds = 10;

    public DatabaseConnections(MemberOptions options)
    {
        var text = new NpgsqlConnectionStringBuilder(ClusterDatabase.InSchema(options.Database))
        {
            Timeout = ConnectSeconds,
            CommandTimeout = CommandSeconds,
            CancellationTimeout = 2000,
            ApplicationName = $"krewe {options.SiloName}",
            PersistSecurityInfo = false,
            IncludeErrorDetail = false,
        };
        Place = $"{text.Host}:{text.Port}";
        Name = text.Database!;
        Role = text.Username!;
        Source = new NpgsqlDataSourceBuilder(text.ConnectionString).Build();
    }

    public NpgsqlDataSource Source { get; }

    /// <summary>Host and port, for people.</summary>
    public string Place { get; }

    /// <summary>The name of the database.</summary>
    public string Name { get; }

    public string Role { get; }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    public override string ToString() => $"database '{Name}' at {Place}";
}
