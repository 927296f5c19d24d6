using Krewe.Access.Settings;
using Krewe.Tests;
using Microsoft.Extensions.Hosting;

namespace Krewe.Access.Tests.Setup;

/// <summary>A silo that keeps keys, a file with the admin key, and a server over both.</summary>
public sealed class AccessFixture : IAsyncLifetime
{
    private readonly InProcessSilos silos = new();

    internal IHost Silo { get; private set; } = null!;

    internal AccessServer Server { get; private set; } = null!;

    internal TokenProvider Provider { get; private set; } = null!;

    internal string AdminKeyFile { get; } = Path.GetTempFileName();

    public async ValueTask InitializeAsync()
    {
        await File.WriteAllTextAsync(AdminKeyFile, AccessServer.AdminKey + "\nanything");
        Silo = await AccessServer.StartSiloAsync(silos);
        Provider = await TokenProvider.StartAsync();
        Server = await AccessServer.StartAsync(Silo, AdminKeyFile, configure: AcceptTokens);
    }

    /// <summary>Lets a server take the tokens of the provider, too.</summary>
    internal void AcceptTokens(AccessOptions options)
    {
        options.Jwt = true;
        foreach (var (name, value) in (ReadOnlySpan<(string, string)>)[
            ("Authority", Provider.Issuer), ("ValidAudience", TokenProvider.Audience), ("RequireHttpsMetadata", "false")])
        {
            options.Tokens.Framework[$"{TokenOptions.Section}:{name}"] = value;
        }
    }

    /// <summary>A good token of the provider.</summary>
    internal string Token(string role, string models = "*") => Provider.Sign(Provider.Claims(Server.Time.GetUtcNow(), role, models));

    public async ValueTask DisposeAsync()
    {
        await Server.DisposeAsync();
        await Provider.DisposeAsync();
        await silos.DisposeAsync();
        File.Delete(AdminKeyFile);
    }
}
