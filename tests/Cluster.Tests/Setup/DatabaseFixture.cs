using Krewe.TestDatabase;

[assembly: AssemblyFixture(typeof(Krewe.Cluster.Tests.Setup.DatabaseFixture))]

namespace Krewe.Cluster.Tests.Setup;

/// <summary>One PostgreSQL for all tests; each cluster has a name of its own in it.</summary>
public sealed class DatabaseFixture : IAsyncLifetime
{
    private PostgreSqlServer? server;

    public string ConnectionString => server?.ConnectionString ?? throw new InvalidOperationException("the database has not started");

    public async ValueTask InitializeAsync() => server = await PostgreSqlServer.CreateAsync();

    public ValueTask DisposeAsync() => server?.DisposeAsync() ?? default;
}
