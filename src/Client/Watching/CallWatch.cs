using System.Collections.Concurrent;
using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Client.Admission;
using Krewe.Client.Counters;
using Krewe.Client.Endpoints;
using Krewe.Client.Retrying;
using Krewe.Client.Settings;
using Krewe.Grains.Interfaces.Replicas;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Watching;

/// <summary>
/// Health checks of calls under way. A lost reply, a silent link or, for an external client, a crashed silo is not reported; without
/// checks the call would fail only at the maximum timeout. So the replica is asked about all calls older than a moment, by id and over
/// their own channel. Calls that it does not know are given up and retried by their callers, and younger ones are then checked too. If
/// it does not answer at all, all calls are given up. A long run is known to the replica, and waited for.
/// </summary>
internal sealed partial class CallWatch : IDisposable
{
    // Time for replies that crossed the check on the network.
    private static readonly TimeSpan Crossing = TimeSpan.FromMilliseconds(50);

    // A refused check is repeated soon: the channel is broken, perhaps only briefly.
    private static readonly TimeSpan RefusalPause = TimeSpan.FromMilliseconds(150);

    /// <summary>Half of 1 Gbit/s: a check may overtake requests on another connection.</summary>
    private const long BytesPerSecond = 50_000_000;
    private const int ChecksPerInterval = 4;
    private const int Attempts = 2;

    /// <summary>How long a replica that answers other calls may leave a check unanswered, in multiples of <c>WatchTimeout</c>.</summary>
    private const int UnansweredTimeouts = 6;

    /// <summary>The maximum number of ids in one check, 16 KiB; the oldest calls come first.</summary>
    private const int MaxIds = 2048;
    private readonly ConcurrentDictionary<long, WatchedCall> calls = new();
    private readonly Lock checking = new();
    private readonly HashSet<ReplicaChannel> beingChecked = [];
    private readonly ClusterCallOptions options;
    private readonly CallAdmission admission;
    private readonly RoutingCounters counters;
    private readonly TimeProvider time;
    private readonly ILogger<CallWatch> logger;
    private readonly ITimer timer;
    private long lastId = Random.Shared.NextInt64(long.MaxValue / 2);

    public CallWatch(
        ClusterCallOptions options, CallAdmission admission, RoutingCounters counters, TimeProvider time, ILogger<CallWatch> logger)
    {
        (this.options, this.admission, this.counters, this.time, this.logger) = (options, admission, counters, time, logger);
        var interval = options.WatchInterval / ChecksPerInterval;
        timer = time.CreateTimer(
            static watch => ((CallWatch)watch!).CheckOlderThan(((CallWatch)watch).options.WatchInterval), this, interval, interval);
    }

    // Not Values, which takes all locks of the dictionary.
    private IEnumerable<WatchedCall> UnderWay => calls.Select(pair => pair.Value);

    /// <summary>Begins watching a call, until the result is disposed.</summary>
    public WatchedCall Begin(ReplicaEndpoint endpoint, CancellationToken caller)
    {
        var call = new WatchedCall(this, endpoint, Interlocked.Increment(ref lastId), time.GetTimestamp(), caller);
        calls[call.Id] = call;
        return call;
    }

    /// <summary>Ends watching a call.</summary>
    public void End(WatchedCall call) => calls.TryRemove(call.Id, out _);

    /// <summary>Checks every call now, after a lost connection.</summary>
    public void CheckAll() => CheckOlderThan(TimeSpan.Zero);

    public void Dispose() => timer.Dispose();

    private void CheckOlderThan(TimeSpan age)
    {
        var now = time.GetTimestamp();
        lock (checking)
        {
            var due = UnderWay.Where(call => time.GetElapsedTime(call.CheckedAt, now) >= age).GroupBy(call => call.Channel);
            foreach (var together in due.Where(together => beingChecked.Add(together.Key)))
            {
                _ = CheckAsync([.. together.OrderBy(call => call.CheckedAt).Take(MaxIds)], now);
            }
        }
    }

    private async Task CheckAsync(WatchedCall[] due, long now)
    {
        // Leave the timer's thread first.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var (endpoint, channel, start, isAnswered) = (due[0].Endpoint, due[0].Channel, time.GetTimestamp(), true);
        try
        {
            var others = UnderWay.Where(call => call.Channel == channel && call.BegunAt <= now).Except(due);
            if (await FindLostAsync(channel, due) is { } lost)
            {
                GiveUp(endpoint.Id, lost);
                if (lost.Count > 0 && others.Take(MaxIds).ToArray() is { Length: > 0 } younger)
                {
                    GiveUp(endpoint.Id, await FindLostAsync(channel, younger) ?? []);
                }
            }
            else if (channel.AnsweredAt <= start)
            {
                GiveUp(endpoint.Id, [.. due, .. others]);
            }
            else
            {
                // Behind large tensors, or on an overloaded silo, a check may take longer while other replies arrive over the same channel.
                // A call whose check is never answered is lost all the same.
                GiveUp(endpoint.Id,
                    [.. due.Where(call => time.GetElapsedTime(call.CheckedAt) > UnansweredTimeouts * options.WatchTimeout)]);
                isAnswered = false;
            }
        }
        catch (Exception error)
        {
            LogCheckFailed(error, endpoint.Id);
        }

        lock (checking)
        {
            // Unanswered calls are due at the next check.
            foreach (var call in isAnswered ? due : [])
            {
                call.CheckedAt = time.GetTimestamp();
            }

            beingChecked.Remove(channel);
        }
    }

    private void GiveUp(ReplicaId replica, IReadOnlyCollection<WatchedCall> lost)
    {
        var abandoned = lost.Count(call => call.Abandon());
        if (abandoned > 0)
        {
            counters.AddAbandoned(abandoned);
            LogAbandoned(replica, abandoned);
        }
    }

    /// <summary>The calls that the replica does not know, after two checks; null if it does not answer.</summary>
    private async Task<IReadOnlyCollection<WatchedCall>?> FindLostAsync(ReplicaChannel channel, IReadOnlyCollection<WatchedCall> calls)
    {
        var unknown = await FindUnknownAsync(channel, calls);
        if (unknown is not { Count: > 0 })
        {
            return unknown;
        }

        await Task.Delay(Crossing + TimeSpan.FromSeconds((double)admission.InputBytes / BytesPerSecond), time);
        return await FindUnknownAsync(channel, unknown);
    }

    /// <summary>Tries twice: the first check may go to a dead silo, or over a connection that breaks.</summary>
    private async Task<IReadOnlyCollection<WatchedCall>?> FindUnknownAsync(ReplicaChannel channel, IReadOnlyCollection<WatchedCall> calls)
    {
        ImmutableArray<long> callIds = [.. calls.Select(call => call.Id)];
        for (var attempt = 1; ; attempt++)
        {
            var (start, timeout) = (time.GetTimestamp(), options.WatchTimeout / Attempts);
            try
            {
                var unknown = (await channel.FindUnknownAsync(callIds).WaitAsync(timeout, time)).ToHashSet();
                return [.. calls.Where(call => unknown.Contains(call.Id))];
            }
            catch (Exception error) when (LostCall.Is(error) || error is KreweException)
            {
                if (attempt == Attempts)
                {
                    return null;
                }

                if (timeout - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero)
                {
                    await Task.Delay(left < RefusalPause ? left : RefusalPause, time);
                }
            }
        }
    }

    [LoggerMessage(EventId = 477, Level = LogLevel.Debug,
        Message = "Replica {Replica} does not know {Count} calls that should be under way there; retrying them")]
    private partial void LogAbandoned(ReplicaId replica, int count);

    [LoggerMessage(EventId = 482, Level = LogLevel.Error, Message = "Failed to check calls under way on replica {Replica}")]
    private partial void LogCheckFailed(Exception error, ReplicaId replica);
}
