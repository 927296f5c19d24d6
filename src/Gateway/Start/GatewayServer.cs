using Krewe.Abstractions.Hosting;
using Krewe.Access.Hosting;
using Krewe.Api.Hosting;
using Krewe.Api.Server;
using Krewe.Client.Hosting;
using Krewe.Gateway.Settings;
using Krewe.Launch.Logging;
using Krewe.Launch.Start;
using Krewe.Launch.Tls;
using Krewe.Member.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Krewe.Gateway.Start;

/// <summary>
/// Serves the HTTP API over the models of a cluster, which it joins. Services stop in reverse order of their start: accepted requests are
/// answered before the gateway leaves the cluster.
/// </summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    /// <summary>The time allowed for leaving the cluster, after answering.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(30);

    private readonly WebApplication app;
    private readonly StartupPhase startup = new();

    public GatewayServer(GatewayOptions options)
    {
        Options = options;

        // An empty builder: no configuration by files in the current folder or by ASPNETCORE_*, and a fast startup.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.AddKreweConsole(options, startup);
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        builder.AddKreweMember(options.Member, static silo => silo.AddDashboardReports());
        builder.Services.AddKreweCluster(options.Calls);
        builder.Services.AddKreweApi(options.Api);
        builder.Services.AddKreweAccess(options.Access);
        builder.Services.AddCertificateReload(options);
        builder.Services.PostConfigure<HostOptions>(host => host.ShutdownTimeout += LeaveTime);
        builder.WebHost.UseKreweKestrel(server =>
        {
            server.Listen(options.Bind, options.HttpPort, static endpoint => endpoint.UseHttp());
            if (options.GrpcPort is { } port)
            {
                server.Listen(options.Bind, port, static endpoint => endpoint.UseGrpc());
            }
        });
        app = builder.Build();
        app.MapKrewe().RequireRights(app.Services);
        app.UseKreweAccess();
        app.MapKreweAccess();
    }

    public GatewayOptions Options { get; }

    public IModelHost Host => app.Services.GetRequiredService<IModelHost>();

    /// <summary>The listening address, after startup; with the actual port.</summary>
    public Uri Address => Addresses[0];

    /// <summary>The port for gRPC, after startup; null if there is none.</summary>
    public Uri? GrpcAddress => Addresses.ElementAtOrDefault(1);

    private List<Uri> Addresses =>
        [.. app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Select(
            static address => new Uri(address))];

    /// <summary>Joins the cluster, starts to listen, and reports it.</summary>
    public async Task StartAsync()
    {
        await app.StartAsync();
        startup.End();
        await StartReport.WriteAsync(await Banner.ReadAsync(this), Options, app.Logger);
    }

    /// <summary>
    /// Waits for SIGTERM or Ctrl-C, and until accepted requests are answered. A second Ctrl-C exits immediately.
    /// </summary>
    public async Task WaitForStopAsync()
    {
        using var interrupt = SecondInterrupt.Watch();
        await app.WaitForShutdownAsync();
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
