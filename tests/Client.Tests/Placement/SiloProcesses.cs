using System.Net;
using Krewe.Launch.Logging;
using Krewe.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Tests.Placement;

/// <summary>Real silos in this process, over loopback, on ports of their own.</summary>
internal sealed class SiloProcesses : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);
    private readonly List<IHost> hosts = [];
    private readonly SiloErrors errors = new();
    private IPEndPoint? primary;

    public IReadOnlyList<SiloAddress> Addresses => [.. hosts.Select(host => host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress)];

    public IServiceProvider Services(int number) => hosts[number].Services;

    public async Task StartAsync(Action<ISiloBuilder> configure)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Production });
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddProvider(new EngineEventFilter(errors, wantsDebug: false));
        var port = Ports.Next();
        primary ??= new IPEndPoint(IPAddress.Loopback, port);
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(port, Ports.Next(), primary);
            configure(silo);
        });
        var host = builder.Build();
        await host.StartAsync();
        hosts.Add(host);
    }

    /// <summary>Waits until every silo knows which grains each of them has.</summary>
    public async Task WaitUntilKnownAsync()
    {
        using var limit = new CancellationTokenSource(Limit);
        foreach (var host in hosts)
        {
            await foreach (var manifest in host.Services.GetRequiredService<IClusterManifestProvider>().Updates.WithCancellation(limit.Token))
            {
                if (Addresses.All(manifest.Silos.ContainsKey))
                {
                    break;
                }
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        // What silos say when others of them have gone is of no interest. The one that keeps the membership goes last.
        var unexpected = errors.Lines.ToArray();
        foreach (var host in Enumerable.Reverse(hosts))
        {
            await host.StopAsync();
            host.Dispose();
        }

        Assert.Empty(unexpected);
    }
}
