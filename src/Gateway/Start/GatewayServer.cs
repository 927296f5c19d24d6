using Krewe.Abstractions.Hosting;
using Krewe.Api.Hosting;
using Krewe.Api.Server;
using Krewe.Client.Hosting;
using Krewe.Gateway.Settings;
using Krewe.Launch.Http;
using Krewe.Launch.Logging;
using Krewe.Launch.Members;
using Krewe.Launch.Start;
using Krewe.Member.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Krewe.Gateway.Start;

/// <summary>
/// The HTTP side over the models of the cluster, which it joins. Services stop in the reverse order of their start: what was
/// accepted is answered before the gateway leaves the cluster.
/// </summary>
internal sealed class GatewayServer : IAsyncDisposable
{
    /// <summary>What leaving the cluster may take beyond answering.</summary>
    private static readonly TimeSpan LeaveTime = TimeSpan.FromSeconds(30);

    private readonly WebApplication app;
    private readonly StartQuiet quiet = new();

    public GatewayServer(GatewayOptions options, MemberPlace place)
    {
        (Options, Place) = (options, place);

        // Empty: nothing is set by a file in the current folder or by ASPNETCORE_*, and start-up stays short.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { EnvironmentName = Environments.Production });
        builder.Logging.AddKreweConsole(options, quiet);
        builder.Services.Configure<ConsoleLifetimeOptions>(console => console.SuppressStatusMessages = true);
        builder.AddKreweMember(options.ToMember(place), static silo => silo.AddDashboardReports());
        builder.Services.AddKreweCluster(options.CopyTo);
        builder.Services.AddKreweApi(options.CopyTo);
        builder.Services.PostConfigure<HostOptions>(host => host.ShutdownTimeout += LeaveTime);
        builder.WebHost.UseKreweKestrel(server =>
            server.Listen(options.Bind, options.HttpPort, endpoint => endpoint.UseCleartextHttp2()));
        app = builder.Build();
        app.MapKrewe();
    }

    public GatewayOptions Options { get; }

    public MemberPlace Place { get; }

    public IModelHost Host => app.Services.GetRequiredService<IModelHost>();

    /// <summary>Where it listens, once it has started; with the real port where any was asked for.</summary>
    public Uri Address => new(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First());

    /// <summary>Joins the cluster, starts to listen, and says so.</summary>
    public async Task StartAsync()
    {
        await app.StartAsync();
        quiet.End();
        await StartReport.WriteAsync(await Banner.ReadAsync(this), Options, app.Logger);
    }

    /// <summary>
    /// Waits for SIGTERM or Ctrl-C and for all that was accepted to be answered. A second Ctrl-C ends the process at once.
    /// </summary>
    public async Task WaitForStopAsync()
    {
        using var impatience = Impatience.Watch();
        await app.WaitForShutdownAsync();
    }

    public ValueTask DisposeAsync() => app.DisposeAsync();
}
