using System.Collections.Concurrent;
using Krewe.Launch.Logging;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;
using Orleans.TestingHost;

namespace Krewe.Tests;

/// <summary>Silos of one cluster in this process, connected in memory by Orleans' test host. An error in the log fails the test at the end.</summary>
internal sealed class InProcessSilos : IAsyncDisposable
{
    private readonly ConcurrentDictionary<string, Action<IHostApplicationBuilder>> configurations = new();
    private readonly ConcurrentDictionary<string, Func<IReadOnlyList<FakeLogRecord>>> logs = new();
    private readonly ConcurrentDictionary<string, IHost> living = new();
    private readonly InProcessTestCluster cluster;
    private int started;

    public InProcessSilos()
    {
        var builder = new InProcessTestClusterBuilder(0);
        builder.Options.UseRealEnvironmentStatistics = true;
        builder.ConfigureSiloHost((silo, host) => configurations[silo.SiloName](host));
        cluster = builder.Build();
    }

    /// <summary>What they have logged so far, and whatever else got a <see cref="CreateLog"/>.</summary>
    public IEnumerable<FakeLogRecord> Log => logs.Values.SelectMany(static log => log()).OrderBy(static record => record.Timestamp);

    /// <summary>Starts one more; its name is used once.</summary>
    public async Task<IHost> StartAsync(string name, Action<IHostApplicationBuilder> configure)
    {
        configurations[name] = host =>
        {
            host.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(new EngineEventFilter(CreateLog(name), wantsDebug: true));
            configure(host);
        };

        // The number stands in its address; no port of the machine is taken.
        var options = new InProcessTestSiloSpecificOptions { SiloName = name, SiloPort = Interlocked.Increment(ref started) };
        return living[name] = (await cluster.CreateSiloAsync(options)).SiloHost;
    }

    /// <summary>A log that counts as theirs.</summary>
    public FakeLoggerProvider CreateLog(string name)
    {
        var log = new FakeLogCollector();
        logs[name] = () => log.GetSnapshot();
        return new FakeLoggerProvider(log);
    }

    /// <summary>Ends one as a crash does: nothing is moved, and what it says of its end does not count.</summary>
    public Task KillAsync(string name)
    {
        var said = logs[name]();
        logs[name] = () => said;
        return StopAsync(name, new CancellationToken(canceled: true));
    }

    /// <summary>Lets one leave in order.</summary>
    public async Task StopAsync(string name, CancellationToken cancellationToken)
    {
        if (living.TryRemove(name, out var host))
        {
            await host.StopAsync(cancellationToken);
            await ((IAsyncDisposable)host).DisposeAsync();
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var name in living.Keys.OrderDescending())
        {
            await KillAsync(name);
        }

        await cluster.DisposeAsync();
        Assert.DoesNotContain(Log, static record => record.Level >= LogLevel.Error);
    }
}
