using Krewe.Abstractions.Errors;
using Krewe.Client.Retrying;
using Krewe.Client.Settings;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Routing;

/// <summary>Waits for a snapshot with silos: shortly after the start, or while all silos are unreachable.</summary>
internal sealed class FirstSnapshot(IClusterSnapshotSource views, ClusterCallOptions options, TimeProvider time)
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(100);
    private readonly Lock gate = new();
    private Task? looking;

    /// <summary>A snapshot with a silo; throws <see cref="KreweErrorCode.Unavailable"/> after a timeout.</summary>
    public async ValueTask<ClusterSnapshot> WaitAsync(CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        while (views.Current.Nodes.IsEmpty)
        {
            if (time.GetElapsedTime(start) >= options.LossPatience)
            {
                throw NoSilo();
            }

            await JoinLook().WaitAsync(cancellationToken);
        }

        return views.Current;
    }

    /// <summary>The error while no silo that hosts models can be reached.</summary>
    public static KreweException NoSilo() =>
        KreweException.Unavailable("no silo that hosts models can be reached", TimeSpan.FromSeconds(1));

    /// <summary>All waiting calls share one refresh.</summary>
    private Task JoinLook()
    {
        lock (gate)
        {
            return looking is { IsCompleted: false } ? looking : looking = LookAsync();
        }
    }

    private async Task LookAsync()
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            using var enough = new CancellationTokenSource(options.LossPatience, time);
            await views.RefreshAsync(enough.Token);
        }
        catch (Exception error) when (LostCall.Is(error))
        {
            // The next refresh may succeed.
        }

        if (views.Current.Nodes.IsEmpty)
        {
            await Task.Delay(BetweenLooks, time);
        }
    }
}
