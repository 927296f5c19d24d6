using Krewe.Client.View;

namespace Krewe.Client.Tests.View;

/// <summary>A watch over a made-up cluster that looks when it is asked to.</summary>
internal sealed class WatchedCluster : IAsyncDisposable
{
    private readonly CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));

    public WatchedCluster(TimeSpan? patience = null)
    {
        Options.LookPatience = patience ?? TimeSpan.FromMinutes(1);
        Watch = new ClusterWatch(Cluster, Options, Time, Log);
    }

    public FakeReader Cluster { get; } = new();

    public ClusterViewOptions Options { get; } = new() { RefreshInterval = TimeSpan.FromHours(1), SearchInterval = TimeSpan.FromHours(1) };

    public ShiftedTime Time { get; } = new();

    public WatchLog Log { get; } = new();

    public ClusterWatch Watch { get; }

    public ClusterView View => Watch.Current;

    public async Task<ClusterView> StartAsync()
    {
        await Watch.StartAsync(CancellationToken.None);
        return await LookAsync();
    }

    public async Task<ClusterView> LookAsync()
    {
        await Watch.RefreshAsync(limit.Token);
        return View;
    }

    /// <summary>Looks until the picture is as wanted.</summary>
    public async Task LookUntilAsync(Func<ClusterView, bool> wanted)
    {
        while (!wanted(await LookAsync()))
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
