using Krewe.TestDatabase;

namespace Krewe.Member.Tests;

/// <summary>One PostgreSQL for all tests that do not stop it; each takes a database of its own.</summary>
public sealed class SharedServer : IAsyncLifetime
{
    internal PostgreSqlServer Server { get; private set; } = null!;

    public async ValueTask InitializeAsync() => Server = await PostgreSqlServer.CreateAsync();

    public ValueTask DisposeAsync() => Server.DisposeAsync();
}
