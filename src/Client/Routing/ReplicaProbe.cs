using System.Collections.Concurrent;
using Krewe.Abstractions.Errors;
using Krewe.Client.Counters;
using Krewe.Client.Endpoints;
using Krewe.Client.Relaying;
using Krewe.Client.Retrying;
using Krewe.Client.Settings;
using Krewe.Grains.Interfaces.Replicas;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Routing;

/// <summary>
/// Sees to replicas whose calls were lost: asks each until it answers again, at another place or through another silo as a rule, and
/// has it load where there are others to serve meanwhile. So callers do not find out one by one, and what waits for a replica is sent
/// once.
/// </summary>
internal sealed partial class ReplicaProbe : IDisposable
{
    private const int MostSilosRemembered = 1024;
    // Short at first: what is asked before the cluster knows of the death is not answered, and the next question is.
    private static readonly TimeSpan FirstPatience = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LongestPatience = TimeSpan.FromMilliseconds(800);

    /// <summary>Those who wait for a replica that never answers are to be refused, and not to be sent there once more.</summary>
    private static readonly TimeSpan LongerThanCallers = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LoadPatience = TimeSpan.FromMinutes(5);
    private readonly ConcurrentDictionary<string, bool> lostSilos = new();
    private readonly CancellationTokenSource stopping = new();
    private readonly CancellationToken stopped;
    private readonly ClusterCallOptions options;
    private readonly RelaySearch relays;
    private readonly RoutingCounters counters;
    private readonly TimeProvider time;
    private readonly ILogger<ReplicaProbe> logger;

    public ReplicaProbe(
        ClusterCallOptions options, RelaySearch relays, RoutingCounters counters, TimeProvider time, ILogger<ReplicaProbe> logger)
    {
        (this.options, this.relays, this.counters, this.time, this.logger) = (options, relays, counters, time, logger);
        stopped = stopping.Token;
    }

    /// <summary>A call on a line was lost. Returns at once.</summary>
    public void Lost(ReplicaEndpoint line, string reason)
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

    private async Task RecoverAsync(ReplicaEndpoint line, int losses)
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
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
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

    /// <summary>Asks directly and through other silos; the first way that is answered is taken. False where none is in time.</summary>
    private async Task<bool> WaitForAnswerAsync(ReplicaEndpoint line)
    {
        var before = line.Channel;
        using var patience = new CancellationTokenSource(options.LossPatience + LongerThanCallers, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(patience.Token, stopped);
        var found = await await Task.WhenAny(FindDirectAsync(line, over.Token), relays.FindAsync(line, over.Token));
        await over.CancelAsync();
        stopped.ThrowIfCancellationRequested();
        if (found is not null && line.TrySwitch(before, found) && found is RelayedChannel relayed)
        {
            LogRelayed(line.Id, relayed.Through.Report.Name);
            _ = ReturnAsync(line, relayed);
        }

        return found is not null;
    }

    /// <summary>Null when it is too late.</summary>
    private async Task<ReplicaChannel?> FindDirectAsync(ReplicaEndpoint line, CancellationToken cancellationToken)
    {
        var patience = FirstPatience;
        for (var attempt = 1; !await line.Direct.AnswersAsync(patience, time, cancellationToken); attempt++)
        {
            patience = TimeSpan.FromTicks(Math.Min(LongestPatience.Ticks, 2 * patience.Ticks));
            await Task.Delay(BackOff.After(attempt + 1), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                return null;
            }
        }

        return line.Direct;
    }

    /// <summary>Goes back to the direct way as soon as that works, and when nobody needs the other one any more.</summary>
    private async Task ReturnAsync(ReplicaEndpoint line, RelayedChannel relayed)
    {
        try
        {
            await relays.WaitForDirectAsync(line, relayed, stopped);
            if (line.TrySwitch(relayed, line.Direct))
            {
                LogDirect(line.Id, relayed.Through.Report.Name);
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // The process stops; nobody calls any more.
        }
        catch (Exception error)
        {
            LogProbeFailed(error, line.Id);
        }
    }

    /// <summary>What a load says is for those who call; here it only matters whether it is over, or was lost in its turn.</summary>
    private async Task<bool> TryLoadAsync(ReplicaEndpoint line)
    {
        try
        {
            line.Traffic.Heard(line, await line.Channel.LoadAsync().WaitAsync(LoadPatience, time, stopped), time.GetTimestamp());
            return true;
        }
        catch (Exception error) when (error is TimeoutException or KreweException)
        {
            return true;
        }
        catch (Exception error) when (LostCall.Is(error) && !stopped.IsCancellationRequested)
        {
            return false;
        }
    }

    [LoggerMessage(EventId = 471, Level = LogLevel.Warning,
        Message = "Silo {Silo} does not answer (replica {Replica}: {Reason}); what was under way there is done elsewhere")]
    private partial void LogLost(string silo, ReplicaId replica, string reason);

    [LoggerMessage(EventId = 480, Level = LogLevel.Warning,
        Message = "Replica {Replica} cannot be reached from here, and silo {Silo} reaches it: calls go through that for now")]
    private partial void LogRelayed(ReplicaId replica, string silo);

    [LoggerMessage(EventId = 481, Level = LogLevel.Information, Message = "Calls of replica {Replica} go through silo {Silo} no longer")]
    private partial void LogDirect(ReplicaId replica, string silo);

    [LoggerMessage(EventId = 472, Level = LogLevel.Error, Message = "Replica {Replica}: it could not be asked whether it is there again")]
    private partial void LogProbeFailed(Exception error, ReplicaId replica);
}
