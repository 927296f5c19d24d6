using Krewe.Client.Monitoring;

namespace Krewe.Client.Connection;

/// <summary>
/// The cluster's members, as an external client asks a silo for them: every two seconds, because each request reads the database. After a
/// failure the last known members stay.
/// </summary>
internal sealed class MemberList(IGrainFactory grains, TimeProvider time) : ISiloList
{
    private static readonly TimeSpan KeptFor = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan KeptAfterFailure = TimeSpan.FromSeconds(5);
    private readonly Lock gate = new();
    private volatile IReadOnlyList<SiloAddress> known = [];
    private long askAgainAt = long.MinValue;
    private Task? asking;

    public async ValueTask<IReadOnlyList<SiloAddress>> GetActiveAsync(CancellationToken cancellationToken)
    {
        if (known.Count == 0)
        {
            await Ask().WaitAsync(cancellationToken);
        }
        else if (time.GetTimestamp() >= Volatile.Read(ref askAgainAt))
        {
            // The refresh is for later calls.
            _ = Ask();
        }

        return known;
    }

    private Task Ask()
    {
        lock (gate)
        {
            return asking is { IsCompleted: false } ? asking : asking = AskAsync();
        }
    }

    private async Task AskAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var keep = KeptAfterFailure;
        try
        {
            var hosts = await grains.GetGrain<IManagementGrain>(0).GetHosts(onlyActive: true).WaitAsync(KeptFor, time);
            known = hosts.Count > 0 ? [.. hosts.Keys] : known;
            keep = KeptFor;
        }
        catch (Exception)
        {
            // Silo lost, database down, or not yet connected: retried later, and the last known members stay.
        }

        Volatile.Write(ref askAgainAt, time.GetTimestamp() + (long)(keep.TotalSeconds * time.TimestampFrequency));
    }
}
