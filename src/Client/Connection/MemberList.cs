using Krewe.Client.Monitoring;

namespace Krewe.Client.Connection;

/// <summary>
/// The cluster's members as a client outside of it learns them: by asking a silo, every few seconds because that makes the silo read
/// the database. While nobody can say, those known last count.
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
            // The answer is for the next time.
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
            // Whatever it is (a lost silo, a database that is down, a client not yet connected): it is asked again, and the members known
            // last are still the best guess.
        }

        Volatile.Write(ref askAgainAt, time.GetTimestamp() + (long)(keep.TotalSeconds * time.TimestampFrequency));
    }
}
