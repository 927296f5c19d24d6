using Xunit;

namespace Krewe.TestDatabase;

/// <summary>One PostgreSQL for all tests of an assembly that leave it running: each takes a database, or a cluster's name, of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private PostgreSqlServer? server;

    /// <summary>The fixture's server, from the first test to the last, for those that get no fixture.</summary>
    public static PostgreSqlServer? Current { get; private set; }

    /// <summary>The server.</summary>
    public PostgreSqlServer Server => server ?? throw new InvalidOperationException("the database has not started");

    /// <summary>The role that owns everything.</summary>
    public string ConnectionString => Server.ConnectionString;

    /// <inheritdoc/>
    public async ValueTask InitializeAsync() => Current = server = await PostgreSqlServer.CreateAsync();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? default;
}
