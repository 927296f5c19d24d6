using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Access.Hosting;
using Krewe.Api.Hosting;
using Krewe.Api.Server;
using Krewe.Grains.Hosting;
using Krewe.Launch.Logging;
using Krewe.Launch.Start;
using Krewe.Launch.Tls;
using Krewe.Member.Hosting;
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
/// A silo that hosts models, as a single process or cluster member, with its admin port and optionally the HTTP API. Services start in the
/// order of their registration and stop in reverse: serving, cluster, listener.
/// </summary>
internal sealed class SiloServer : IAsyncDisposable
{
    private readonly WebApplication app;
    private readonly StartupPhase startup = new();

    public SiloServer(SiloOptions options)
    {
        Options = options;
        options.Krewe.Node.IsAlone = options.IsAlone;
        options.Krewe.CallsModels = options.HttpPort is not null || options.GrpcPort is not null;

        // An empty builder: no configuration by files in the current folder or by ASPNETCORE_*, and a fast startup.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.AddKreweConsole(options, startup);
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        void Host(ISiloBuilder silo) => silo.AddKrewe(options.Krewe).AddDashboard(static dashboard => dashboard.HideTrace = true);
        if (options.IsAlone)
        {
            builder.AddOneProcess(options, Host);
        }
        else
        {
            builder.AddKreweMember(options.Member, Host);
        }

        builder.Services.AddKreweApi(options.Api);
        builder.Services.AddKreweAccess(options.Access);
        builder.Services.AddCertificateReload(options);
        builder.Services.AddSiloHealth(options);
        if (!options.IsAlone)
        {
            builder.Services.AddClusterStop(options);
        }

        builder.WebHost.UseKreweKestrel(server =>
        {
            server.Listen(options.AdminBind, options.AdminPort, static endpoint =>
            {
                AdminConnection.MarkAll(endpoint);
                endpoint.UseHttp();
            });
            if (options.HttpPort is { } port)
            {
                server.Listen(options.Bind, port, static endpoint => endpoint.UseHttp());
            }

            if (options.GrpcPort is { } grpc)
            {
                server.Listen(options.Bind, grpc, static endpoint => endpoint.UseGrpc());
            }
        });
        app = builder.Build();
        CheckDevices();
        app.MapKrewe().RequireRights(app.Services);
        app.UseMiddleware<AdminGate>();
        app.UseKreweAccess();
        app.MapKreweAccess();
        app.MapDashboardPages().RequireRights(app.Services);
    }

    public SiloOptions Options { get; }

    /// <summary>Serves this process's models alone.</summary>
    public IModelHost Local => app.Services.GetRequiredService<IServingNode>().Host;

    /// <summary>Why models found at startup may not be known yet; empty once they are.</summary>
    public string Settling => app.Services.GetRequiredService<IServingNode>().Settling;

    /// <summary>The address of the admin port, after startup; with the actual port.</summary>
    public Uri AdminAddress => Addresses[0];

    /// <summary>The address of the HTTP API, after startup; null if it is not served.</summary>
    public Uri? ApiAddress => Options.HttpPort is null ? null : Addresses[1];

    /// <summary>The port for gRPC, after startup; null if there is none.</summary>
    public Uri? GrpcAddress => Options.GrpcPort is null ? null : Addresses[^1];

    private List<Uri> Addresses =>
        [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(
            static address => new Uri(address))];

    /// <summary>Serves the HTTP API.</summary>
    public IModelHost Host => app.Services.GetRequiredService<IModelHost>();

    /// <summary>Reads the folder, joins the cluster if there is one, starts to listen, and reports it.</summary>
    public async Task StartAsync()
    {
        await app.StartAsync();
        startup.End();
        await StartReport.WriteAsync(await Banner.ReadAsync(this), Options, app.Logger);
    }

    /// <summary>
    /// Waits for SIGTERM or Ctrl-C, and for the graceful shutdown: models are moved and accepted requests answered. A second Ctrl-C exits
    /// immediately.
    /// </summary>
    public async Task WaitForStopAsync()
    {
        using var interrupt = SecondInterrupt.Watch();
        await app.WaitForShutdownAsync();
    }

    /// <summary>Configured devices must be available; checked at startup rather than at a model's first use.</summary>
    private void CheckDevices()
    {
        var present = app.Services.GetRequiredService<IServingNode>().Providers;
        if (!Options.Krewe.Serving.Devices.IsDefault && Options.Krewe.Serving.Devices.Except(present).ToList() is { Count: > 0 } missing)
        {
            throw KreweException.InvalidInput(
                $"--devices names {string.Join(", ", missing)}, which cannot be used here: only {string.Join(", ", present)} can");
        }
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
