using System.Diagnostics;
using Krewe.Client.Retrying;
using Krewe.Client.Monitoring;
using Krewe.Member.Database;
using Krewe.Member.Hosting;
using Krewe.MemberProcess;
using Krewe.Processes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Member.Tests.Cluster;

/// <summary>A member in the test's own process: what it sees, and a caller of grains.</summary>
internal sealed class Observer : IAsyncDisposable
{
    private readonly IHost host;

    private Observer(IHost host, FakeLogCollector log)
    {
        this.host = host;
        Log = log;
    }

    public FakeLogCollector Log { get; }

    public IServiceProvider Services => host.Services;

    public IClusterMembershipService Membership => host.Services.GetRequiredService<IClusterMembershipService>();

    public ISiloList Silos => host.Services.GetRequiredService<ISiloList>();

    public DatabaseHealth Database => host.Services.GetRequiredService<DatabaseHealth>();

    public SiloAddress Address => host.Services.GetRequiredService<ILocalSiloDetails>().SiloAddress;

    public bool IsStopping => host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested;

    public static async Task<Observer> StartAsync(string database, int? port = null, Action<ISiloBuilder>? more = null)
    {
        var log = new FakeLogCollector();
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Logging.AddProvider(new FakeLoggerProvider(log));
        builder.AddKreweMember(
            new MemberOptions { Database = database, SiloName = "observer", SiloPort = port ?? Ports.Reserve(), ClientPort = null }, more);
        var host = builder.Build();
        await host.StartAsync();
        return new Observer(host, log);
    }

    public INoteGrain Note(string key) => host.Services.GetRequiredService<IGrainFactory>().GetGrain<INoteGrain>(key);

    /// <summary>
    /// Where a note lives, asked as callers of the cluster ask: again where a silo was lost on the way, be it the one that knows where
    /// the note is.
    /// </summary>
    public static async Task<string> AskAgainAsync(INoteGrain note)
    {
        for (var start = Stopwatch.StartNew(); ;)
        {
            try
            {
                return await note.WhereAsync().WaitAsync(TimeSpan.FromSeconds(5));
            }
            catch (Exception error) when (LostCall.Is(error) && start.Elapsed < TimeSpan.FromSeconds(30))
            {
                await Task.Delay(10);
            }
        }
    }

    /// <summary>Waits until the members are those of a rule.</summary>
    public async Task WaitForAsync(Func<ClusterMembershipSnapshot, bool> rule, TimeSpan limit)
    {
        using var timeout = new CancellationTokenSource(limit);
        try
        {
            await foreach (var snapshot in Membership.MembershipUpdates.WithCancellation(timeout.Token))
            {
                if (rule(snapshot))
                {
                    return;
                }
            }
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"after {limit} the members were still {Membership.CurrentSnapshot}\n{string.Join('\n', Log.Lines)}");
        }
    }

    /// <summary>A note that lives on a silo.</summary>
    public async Task<INoteGrain> FindNoteOnAsync(string silo)
    {
        for (var i = 0; i < 500; i++)
        {
            var note = Note($"{silo}/{i}");
            if (await note.WhereAsync() == silo)
            {
                return note;
            }
        }

        throw new InvalidOperationException($"no note was placed on {silo}");
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync();
        host.Dispose();
    }
}
