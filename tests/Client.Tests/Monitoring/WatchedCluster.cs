using Krewe.Client.Monitoring;
using Krewe.Processes;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Client.Tests.Monitoring;

/// <summary>A watch over a made-up cluster that polls when it is asked to.</summary>
internal sealed class WatchedCluster : IAsyncDisposable
{
    private readonly CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));

    public WatchedCluster() => Watch = new ClusterMonitor(Cluster, Options, Time, new FakeLogger<ClusterMonitor>(Log));

    public FakeReader Cluster { get; } = new();

    public ClusterMonitorOptions Options { get; } = new() { RefreshInterval = TimeSpan.FromHours(1), SearchInterval = TimeSpan.FromHours(1) };

    public RunningTime Time { get; } = new();

    public FakeLogCollector Log { get; } = new();

    public ClusterMonitor Watch { get; }

    public ClusterSnapshot Snapshot => Watch.Current;

    public async Task<ClusterSnapshot> StartAsync()
    {
        await Watch.StartAsync(CancellationToken.None);
        return await PollAsync();
    }

    public async Task<ClusterSnapshot> PollAsync()
    {
        await Watch.RefreshAsync(limit.Token);
        return Snapshot;
    }

    /// <summary>Looks until the snapshot is as wanted.</summary>
    public async Task PollUntilAsync(Func<ClusterSnapshot, bool> wanted)
    {
        while (!wanted(await PollAsync()))
        {
            limit.Token.ThrowIfCancellationRequested();
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Watch.StopAsync(CancellationToken.None);
        Watch.Dispose();
        limit.Dispose();
    }
}
