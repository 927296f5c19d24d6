using Krewe.Tests;
using Microsoft.Extensions.Hosting;

namespace Krewe.Access.Tests.Setup;

/// <summary>A silo that keeps keys, a file with the admin key, and a server over both.</summary>
public sealed class AccessFixture : IAsyncLifetime
{
    private readonly InProcessSilos silos = new();

    internal IHost Silo { get; private set; } = null!;

    internal AccessServer Server { get; private set; } = null!;

    internal string AdminKeyFile { get; } = Path.GetTempFileName();

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(AdminKeyFile, AccessServer.AdminKey + "\nanything");
        Silo = await AccessServer.StartSiloAsync(silos);
        Server = await AccessServer.StartAsync(Silo, AdminKeyFile);
    }

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await silos.DisposeAsync();
        File.Delete(AdminKeyFile);
    }
}
