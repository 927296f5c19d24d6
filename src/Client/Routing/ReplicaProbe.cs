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
/// Recovers replicas after lost calls: probes each until it answers again, usually on another silo or through a relay, and loads it while
/// other replicas serve. So callers need not find out one by one, and a waiting call is sent once.
/// </summary>
internal sealed partial class ReplicaProbe : IDisposable
{
    private const int MostSilosRemembered = 1024;
    // Short at first: a probe sent before the crash is detected is not answered, but the next one is.
    private static readonly TimeSpan FirstTimeout = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan MaxTimeout = TimeSpan.FromMilliseconds(800);

    /// <summary>
    /// The recovery outlasts waiting callers by this, so that they are refused instead of retrying a replica that never answers.
    /// </summary>
    private static readonly TimeSpan LongerThanCallers = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan LoadTimeout = TimeSpan.FromMinutes(5);
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

    /// <summary>Starts the recovery of a replica after a lost call; returns at once.</summary>
    public void Lost(ReplicaEndpoint endpoint, string reason)
    {
        if (!endpoint.TryLose(out var losses))
        {
            return;
        }

        if (endpoint.Silo is { } silo && lostSilos.Count < MostSilosRemembered && lostSilos.TryAdd(silo, true))
        {
            counters.AddLostSilo();
            LogLost(silo, endpoint.Id, reason);
        }

        _ = RecoverAsync(endpoint, losses);
    }

    public void Dispose()
    {
        stopping.Cancel();
        stopping.Dispose();
    }

    private async Task RecoverAsync(ReplicaEndpoint endpoint, int losses)
    {
        // Leave the caller's path first.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            while (await WaitForAnswerAsync(endpoint) && endpoint.Traffic.AllEndpoints.Length > 1)
            {
                endpoint.Change(ReplicaState.Loading, losses);
                if (await TryLoadAsync(endpoint))
                {
                    break;
                }
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // The process is stopping; no more calls.
        }
        catch (Exception error)
        {
            LogProbeFailed(error, endpoint.Id);
        }

        // If it never answered, the next caller probes it.
        endpoint.Change(ReplicaState.Good, losses);
    }

    /// <summary>Probes directly and through relays; the first channel that answers is used. False after a timeout.</summary>
    private async Task<bool> WaitForAnswerAsync(ReplicaEndpoint endpoint)
    {
        var before = endpoint.Channel;
        using var timeout = new CancellationTokenSource(options.LossTimeout + LongerThanCallers, time);
        using var over = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, stopped);
        var found = await await Task.WhenAny(FindDirectAsync(endpoint, over.Token), relays.FindAsync(endpoint, over.Token));
        await over.CancelAsync();
        stopped.ThrowIfCancellationRequested();
        if (found is not null && endpoint.TrySwitch(before, found) && found.Through is { } through)
        {
            LogRelayed(endpoint.Id, through.Report.Name);
            _ = ReturnAsync(endpoint, found);
        }

        return found is not null;
    }

    /// <summary>Null when it is too late.</summary>
    private async Task<ReplicaChannel?> FindDirectAsync(ReplicaEndpoint endpoint, CancellationToken cancellationToken)
    {
        var timeout = FirstTimeout;
        for (var attempt = 1; !await endpoint.Direct.AnswersAsync(timeout, time, cancellationToken); attempt++)
        {
            timeout = TimeSpan.FromTicks(Math.Min(MaxTimeout.Ticks, 2 * timeout.Ticks));
            await Task.Delay(BackOff.After(attempt + 1), time, cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (cancellationToken.IsCancellationRequested)
            {
                return null;
            }
        }

        return endpoint.Direct;
    }

    /// <summary>Switches back to the direct channel when it works again or the relay is idle.</summary>
    private async Task ReturnAsync(ReplicaEndpoint endpoint, ReplicaChannel relayed)
    {
        try
        {
            await relays.WaitForDirectAsync(endpoint, relayed, stopped);
            if (endpoint.TrySwitch(relayed, endpoint.Direct))
            {
                LogDirect(endpoint.Id, relayed.Through!.Report.Name);
            }
        }
        catch (OperationCanceledException) when (stopped.IsCancellationRequested)
        {
            // The process is stopping; no more calls.
        }
        catch (Exception error)
        {
            LogProbeFailed(error, endpoint.Id);
        }
    }

    /// <summary>Loads the replica. Callers get the load's error; here only matters whether it ended or was lost.</summary>
    private async Task<bool> TryLoadAsync(ReplicaEndpoint endpoint)
    {
        try
        {
            endpoint.Traffic.Heard(
                endpoint, await endpoint.Channel.LoadAsync().WaitAsync(LoadTimeout, time, stopped), time.GetTimestamp());
            return true;
        }
        catch (Exception error) when (error is TimeoutException or KreweException)
        {
            return true;
        }
        catch (Exception error) when (LostCall.Is(error))
        {
            return false;
        }
    }

    [LoggerMessage(EventId = 471, Level = LogLevel.Warning,
        Message = "Silo {Silo} does not answer (replica {Replica}: {Reason}); retrying its calls elsewhere")]
    private partial void LogLost(string silo, ReplicaId replica, string reason);

    [LoggerMessage(EventId = 480, Level = LogLevel.Warning,
        Message = "Replica {Replica} is unreachable from here; relaying its calls through silo {Silo} until the link recovers")]
    private partial void LogRelayed(ReplicaId replica, string silo);

    [LoggerMessage(
        EventId = 481, Level = LogLevel.Information, Message = "Stopped relaying calls of replica {Replica} through silo {Silo}")]
    private partial void LogDirect(ReplicaId replica, string silo);

    [LoggerMessage(EventId = 472, Level = LogLevel.Error, Message = "Failed to probe replica {Replica}")]
    private partial void LogProbeFailed(Exception error, ReplicaId replica);
}
