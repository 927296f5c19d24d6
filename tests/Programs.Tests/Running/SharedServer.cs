using Krewe.TestDatabase;

namespace Krewe.Programs.Tests.Running;

/// <summary>One PostgreSQL for all tests that leave it running; each takes a database of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    private PostgreSqlServer? server;

    public PostgreSqlServer Server => server!;

    public async ValueTask InitializeAsync() => server = await PostgreSqlServer.CreateAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
