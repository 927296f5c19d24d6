using Krewe.Abstractions;
using Krewe.Api;
using Krewe.Launch;
using Krewe.Serving;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Krewe.Standalone;

/// <summary>The HTTP side over the local host, in one web application.</summary>
internal sealed class StandaloneServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly StartQuiet quiet = new();

    public StandaloneServer(StandaloneOptions options)
    {
        Options = options;

        // Empty: nothing is set by a file in the current folder or by ASPNETCORE_*, and start-up stays short.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.AddKreweConsole(options, quiet);
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        builder.Services.AddKreweServing(options.CopyTo);
        builder.Services.AddKreweTraffic(options.State);
        builder.Services.AddKreweApi(options.CopyTo);
        builder.WebHost.UseKreweKestrel(server =>
            server.Listen(options.Bind, options.HttpPort, endpoint => endpoint.UseCleartextHttp2()));
        app = builder.Build();
        app.MapKrewe();
    }

    public StandaloneOptions Options { get; }

    public IModelHost Host => app.Services.GetRequiredService<IModelHost>();

    /// <summary>Where it listens, once it has started; with the real port where any was asked for.</summary>
    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Reads the folder and starts to listen.</summary>
    public async Task StartAsync()
    {
        await app.StartAsync();
        quiet.End();
    }

    /// <summary>Waits for SIGTERM or Ctrl-C and for all that was accepted to be answered. A second Ctrl-C ends the process at once.</summary>
    public async Task WaitForStopAsync()
    {
        using var impatience = Impatience.Watch();
        await app.WaitForShutdownAsync();
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
