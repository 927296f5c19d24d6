using System.Collections.Concurrent;
using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

/// <summary>
/// Sees to replicas whose calls were lost: asks each until it answers again, at another place as a rule, and has it load where there
/// are others to serve meanwhile. So callers do not find out one by one, and what waits for a replica is sent once.
/// </summary>
internal sealed partial class ReplicaProbe(ClusterCallOptions options, RoutingCounters counters, TimeProvider time, ILogger<ReplicaProbe> logger) : IDisposable
{
    private const int MostSilosRemembered = 1024;
    // Short at first: what is asked before the cluster knows of the death is not answered, and the next question is.
    private static readonly TimeSpan FirstPatience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMilliseconds(800);
    private static readonly TimeSpan LoadPatience = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<string, bool> lostSilos = new();
    private readonly CancellationTokenSource stopping = new();

    /// <summary>A call on a line was lost. Returns at once.</summary>
    public void Lost(ReplicaLine line, string reason)
    {
        if (!line.TryLose(out var losses))
        {
            return;
        }

        if (line.Silo is { } silo && lostSilos.Count < MostSilosRemembered && lostSilos.TryAdd(silo, true))
        {
            counters.AddLostSilo();
            LogLost(silo, line.Id, reason);
        }

        _ = RecoverAsync(line, losses);
    }

    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    private async Task RecoverAsync(ReplicaLine line, int losses)
    {
        // Off the caller's path before anything else.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (await WaitForAnswerAsync(line) && line.Traffic.AllLines.Length > 1)
            {
                line.Change(ReplicaState.Loading, losses);
                if (await TryLoadAsync(line))
                {
                    break;
                }
            }
        }
        catch (Exception error) when (error is OperationCanceledException or ObjectDisposedException && stopping.IsCancellationRequested)
        {
            // The process stops; nobody calls any more.
        }
        catch (Exception error)
        {
            LogProbeFailed(error, line.Id);
        }

        // Where it never answered, callers find out themselves whether it does by now.
        line.Change(ReplicaState.Good, losses);
    }

    private async Task<bool> WaitForAnswerAsync(ReplicaLine line)
    {
        var start = time.GetTimestamp();
        var patience = FirstPatience;
        for (var attempt = 1; time.GetElapsedTime(start) < options.LossPatience; attempt++)
        {
            try
            {
                await line.Grain.IsRunningAsync(0).WaitAsync(patience, time, stopping.Token);
                return true;
            }
            catch (Exception error) when ((LostCall.Is(error) || error is KreweException) && !stopping.IsCancellationRequested)
            {
                patience = TimeSpan.FromTicks(Math.Min(LongestPatience.Ticks, 2 * patience.Ticks));
                await Task.Delay(BackOff.After(attempt + 1), time, stopping.Token);
            }
        }

        return false;
    }

    /// <summary>What a load says is for those who call; here it only matters whether it is over, or was lost in its turn.</summary>
    private async Task<bool> TryLoadAsync(ReplicaLine line)
    {
        try
        {
            line.Traffic.Heard(line, await line.Grain.LoadAsync().WaitAsync(LoadPatience, time, stopping.Token));
            return true;
        }
        catch (Exception error) when (error is TimeoutException or KreweException)
        {
            return true;
        }
        catch (Exception error) when (LostCall.Is(error) && !stopping.IsCancellationRequested)
        {
            return false;
        }
    }
}
