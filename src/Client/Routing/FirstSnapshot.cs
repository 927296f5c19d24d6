using Krewe.Abstractions.Errors;
using Krewe.Client.Retrying;
using Krewe.Client.Settings;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Routing;

/// <summary>Waits for a snapshot with silos: shortly after the start, or while all silos are unreachable.</summary>
internal sealed class FirstSnapshot(IClusterSnapshotSource snapshots, ClusterCallOptions options, TimeProvider time)
{
    private static readonly TimeSpan RetryInterval = TimeSpan.FromMilliseconds(100);
    private readonly Lock gate = new();
    private Task? refreshing;

    /// <summary>A snapshot with a silo; throws <see cref="KreweErrorCode.Unavailable"/> after a timeout.</summary>
    public async ValueTask<ClusterSnapshot> WaitAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (snapshots.Current.Nodes.IsEmpty)
        {
            if (time.GetElapsedTime(start) >= options.LossTimeout)
            {
                throw NoSilo();
            }

            await JoinRefresh().WaitAsync(cancellationToken);
        }

        return snapshots.Current;
    }

    /// <summary>The error while no silo that hosts models can be reached.</summary>
    public static KreweException NoSilo() =>
        KreweException.Unavailable("no silo that hosts models can be reached", TimeSpan.FromSeconds(1));

    /// <summary>All waiting calls share one refresh.</summary>
    private Task JoinRefresh()
    {
        lock (gate)
        {
            return refreshing is { IsCompleted: false } ? refreshing : refreshing = RefreshAsync();
        }
    }

    private async Task RefreshAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var enough = new CancellationTokenSource(options.LossTimeout, time);
            await snapshots.RefreshAsync(enough.Token);
        }
        catch (Exception error) when (LostCall.Is(error))
        {
            // The next refresh may succeed.
        }

        if (snapshots.Current.Nodes.IsEmpty)
        {
            await Task.Delay(RetryInterval, time);
        }
    }
}
