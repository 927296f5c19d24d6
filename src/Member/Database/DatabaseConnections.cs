using Krewe.Client.PostgreSql;
using Npgsql;

namespace Krewe.Member.Database;

/// <summary>This process's connections to the cluster's database. <see cref="ToString"/> never shows a password.</summary>
internal sealed class DatabaseConnections : IAsyncDisposable
{
    // A hanging database must not block callers for the default of half a minute.
    private const int ConnectSeconds = 5;
    private const int CommandSeconds = 10;

    public DatabaseConnections(MemberOptions options)
    {
        var text = new NpgsqlConnectionStringBuilder(ClusterDatabase.Complete(options.ConnectionString))
        {
            Timeout = ConnectSeconds,
            CommandTimeout = CommandSeconds,
            CancellationTimeout = 2000,
            ApplicationName = $"krewe {options.EffectiveSiloName}",
            PersistSecurityInfo = false,
            IncludeErrorDetail = false,
        };
        Place = $"{text.Host}:{text.Port}";
        IsEncrypted = text.SslMode is SslMode.VerifyFull;
        Name = text.Database!;
        Role = text.Username!;
        Source = new NpgsqlDataSourceBuilder(text.ConnectionString).Build();
    }

    public NpgsqlDataSource Source { get; }

    /// <summary>Host and port, for display.</summary>
    public string Place { get; }

    /// <summary>True if only a server whose certificate is for its name is talked to.</summary>
    public bool IsEncrypted { get; }

    /// <summary>The name of the database.</summary>
    public string Name { get; }

    public string Role { get; }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    public override string ToString() => $"database '{Name}' at {Place}";
}
