using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Api.Hosting;
using Krewe.Api.Server;
using Krewe.Grains.Hosting;
using Krewe.Launch.Http;
using Krewe.Launch.Logging;
using Krewe.Launch.Members;
using Krewe.Launch.Start;
using Krewe.Serving.Node;
using Krewe.Silo.Admin;
using Krewe.Silo.Cluster;
using Krewe.Silo.OneProcess;
using Krewe.Silo.Readiness;
using Krewe.Silo.Settings;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Orleans.Dashboard;

namespace Krewe.Silo.Start;

/// <summary>
/// A silo, by itself or in a cluster, that hosts models, with its port for operators and, where it is wanted, the HTTP API. Services start
/// in the order of their registration and stop in the reverse: serving, the cluster, and last what listens.
/// </summary>
internal sealed class SiloServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly StartQuiet quiet = new();

    public SiloServer(SiloOptions options, MemberPlace place)
    {
        (Options, Place) = (options, place);

        // Empty: nothing is set by a file in the current folder or by ASPNETCORE_*, and start-up stays short.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.AddKreweConsole(options, quiet);
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        void Host(ISiloBuilder silo) => silo.AddKrewe(options.CopyTo).AddDashboard(static dashboard => dashboard.HideTrace = true);
        if (options.IsAlone)
        {
            builder.AddOneProcess(options, place, Host);
        }
        else
        {
            builder.AddClusterMember(options, place, Host);
        }

        builder.Services.AddKreweApi(options.CopyTo);
        builder.Services.AddSiloHealth(options);
        if (!options.IsAlone)
        {
            builder.Services.AddClusterStop(options);
        }

        builder.WebHost.UseKreweKestrel(server =>
        {
            server.Listen(options.AdminBind, options.AdminPort, AdminConnection.MarkAll);
            if (options.HttpPort is { } port)
            {
                server.Listen(options.Bind, port, static endpoint => endpoint.UseCleartextHttp2());
            }
        });
        app = builder.Build();
        CheckDevices();
        app.MapKrewe();
        app.UseMiddleware<AdminGate>();
        app.MapDashboardPages();
    }

    public SiloOptions Options { get; }

    public MemberPlace Place { get; }

    /// <summary>Serves this process's models alone.</summary>
    public IModelHost Local => app.Services.GetRequiredService<IServingNode>().Host;

    /// <summary>Why models that were in the folder at the start may not be known yet; empty once they are.</summary>
    public string Settling => app.Services.GetRequiredService<IServingNode>().Settling;

    /// <summary>Where operators reach it, once it has started; with the real port where any was asked for.</summary>
    public Uri AdminAddress => Addresses[0];

    /// <summary>Where it serves the HTTP API, once it has started; null where it does not.</summary>
    public Uri? ApiAddress => Addresses.ElementAtOrDefault(1);

    private List<Uri> Addresses =>
        [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(
            static address => new Uri(address))];

    /// <summary>Answers what the HTTP API is asked.</summary>
    public IModelHost Host => app.Services.GetRequiredService<IModelHost>();

    /// <summary>Reads the folder, joins the cluster where there is one, starts to listen, and says so.</summary>
    public async Task StartAsync()
    {
        await app.StartAsync();
        quiet.End();
        await StartReport.WriteAsync(await Banner.ReadAsync(this), Options, app.Logger);
    }

    /// <summary>
    /// Waits for SIGTERM or Ctrl-C, for the models to move elsewhere and for all that was accepted to be answered. A second Ctrl-C
    /// ends the process at once.
    /// </summary>
    public async Task WaitForStopAsync()
    {
        using var impatience = Impatience.Watch();
        await app.WaitForShutdownAsync();
    }

    /// <summary>What the operator names must be there; found out now rather than when a model needs it.</summary>
    private void CheckDevices()
    {
        var present = app.Services.GetRequiredService<IServingNode>().Providers;
        if (!Options.Devices.IsDefault && Options.Devices.Except(present).ToList() is { Count: > 0 } missing)
        {
            throw KreweException.InvalidInput(
                $"--devices names {string.Join(", ", missing)}, which cannot be used here: only {string.Join(", ", present)} can");
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
