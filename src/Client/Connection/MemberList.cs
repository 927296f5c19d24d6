using Krewe.Client.Monitoring;

namespace Krewe.Client.Connection;

/// <summary>
/// The cluster's members, as an external client asks a silo for them: every two seconds, because each request reads the database. After a
/// failure the last known members stay.
/// </summary>
internal sealed class MemberList(IGrainFactory grains, TimeProvider time) : ISiloList
{
    private static readonly TimeSpan RefreshInterval = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan RetryInterval = TimeSpan.FromSeconds(5);
    private readonly Lock gate = new();
    private volatile IReadOnlyList<SiloAddress> known = [];
    private long refreshAt = long.MinValue;
    private Task? refreshing;

    public async ValueTask<IReadOnlyList<SiloAddress>> GetActiveAsync(CancellationToken cancellationToken)
    {
        if (known.Count == 0)
        {
            await Refresh().WaitAsync(cancellationToken);
        }
        else if (time.GetTimestamp() >= Volatile.Read(ref refreshAt))
        {
            // The refresh is for later calls.
            _ = Refresh();
        }

        return known;
    }

    private Task Refresh()
    {
        lock (gate)
        {
            return refreshing is { IsCompleted: false } ? refreshing : refreshing = RefreshAsync();
        }
    }

    private async Task RefreshAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var pause = RetryInterval;
        try
        {
            var hosts = await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true).WaitAsync(RefreshInterval, time);
            known = hosts.Count > 0 ? [.. hosts.Keys] : known;
            pause = RefreshInterval;
        }
        catch (Exception)
        {
            // Silo lost, database down, or not yet connected: retried later, and the last known members stay.
        }

        Volatile.Write(ref refreshAt, time.GetTimestamp() + (long)(pause.TotalSeconds * time.TimestampFrequency));
    }
}
