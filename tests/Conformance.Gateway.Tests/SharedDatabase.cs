using Krewe.TestDatabase;

[assembly: AssemblyFixture(typeof(Krewe.Conformance.Tests.SharedDatabase))]

namespace Krewe.Conformance.Tests;

/// <summary>One PostgreSQL for all tests; each cluster has a name of its own in it.</summary>
public sealed class SharedDatabase : IAsyncLifetime
{
    private PostgreSqlServer? server;

    /// <summary>Where it is, from the first test to the last.</summary>
    public static string ConnectionString { get; private set; } = "";

    public async ValueTask InitializeAsync()
    {
        server = await PostgreSqlServer.CreateAsync();
        ConnectionString = server.ConnectionString;
    }

    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? default;
}
