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
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(150);

    /// <summary>Half of 1 Gbit/s: a check may overtake requests on another connection.</summary>
    private const long BytesPerSecond = 50_000_000;
    private const int LooksPerInterval = 4;
    private const int Questions = 2;

    /// <summary>How long a replica that answers other calls may leave a check unanswered, in multiples of <c>WatchPatience</c>.</summary>
    private const int Patiences = 6;

    /// <summary>The maximum number of ids in one check, 16 KiB; the oldest calls come first.</summary>
    private const int MostMarks = 2048;
    private readonly ConcurrentDictionary<long, WatchedCall> calls = new();
    private readonly Lock looking = new();
    private readonly HashSet<ReplicaChannel> asked = [];
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
        var interval = options.WatchInterval / LooksPerInterval;
        timer = time.CreateTimer(
            static watch => ((CallWatch)watch!).Look(((CallWatch)watch).options.WatchInterval), this, interval, interval);
    }

    // Not Values, which takes all locks of the dictionary.
    private IEnumerable<WatchedCall> UnderWay => calls.Select(pair => pair.Value);

    /// <summary>Begins watching a call, until the result is disposed.</summary>
    public WatchedCall Begin(ReplicaEndpoint line, CancellationToken caller)
    {
        var call = new WatchedCall(this, line, Interlocked.Increment(ref lastId), time.GetTimestamp(), caller);
        calls[call.Id] = call;
        return call;
    }

    /// <summary>Ends watching a call.</summary>
    public void End(WatchedCall call) => calls.TryRemove(call.Id, out _);

    /// <summary>Checks every call now, after a lost connection.</summary>
    public void LookAtAll() => Look(TimeSpan.Zero);

    public void Dispose() => timer.Dispose();

    private void Look(TimeSpan age)
    {
        var now = time.GetTimestamp();
        lock (looking)
        {
            var due = UnderWay.Where(call => time.GetElapsedTime(call.AskedAt, now) >= age).GroupBy(call => call.Channel);
            foreach (var together in due.Where(together => asked.Add(together.Key)))
            {
                _ = AskAsync([.. together.OrderBy(call => call.AskedAt).Take(MostMarks)], now);
            }
        }
    }

    private async Task AskAsync(WatchedCall[] due, long now)
    {
        // Leave the timer's thread first.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var (line, channel, start, isAnswered) = (due[0].Line, due[0].Channel, time.GetTimestamp(), true);
        try
        {
            var others = UnderWay.Where(call => call.Channel == channel && call.BegunAt <= now).Except(due);
            if (await FindLostAsync(channel, due) is { } lost)
            {
                GiveUp(line.Id, lost);
                if (lost.Count > 0 && others.Take(MostMarks).ToArray() is { Length: > 0 } younger)
                {
                    GiveUp(line.Id, await FindLostAsync(channel, younger) ?? []);
                }
            }
            else if (channel.AnsweredAt <= start)
            {
                GiveUp(line.Id, [.. due, .. others]);
            }
            else
            {
                // Behind large tensors, or on an overloaded silo, a check may take longer while other replies arrive over the same channel.
                // A call whose check is never answered is lost all the same.
                GiveUp(line.Id, [.. due.Where(call => time.GetElapsedTime(call.AskedAt) > Patiences * options.WatchPatience)]);
                isAnswered = false;
            }
        }
        catch (Exception error)
        {
            LogAskingFailed(error, line.Id);
        }

        lock (looking)
        {
            // Unanswered calls are due at the next check.
            foreach (var call in isAnswered ? due : [])
            {
                call.AskedAt = time.GetTimestamp();
            }

            asked.Remove(channel);
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

    /// <summary>The calls that the replica does not know, asked twice; null if it does not answer.</summary>
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

    /// <summary>Retried: the first request may go to a dead silo, or over a connection that breaks.</summary>
    private async Task<IReadOnlyCollection<WatchedCall>?> FindUnknownAsync(ReplicaChannel channel, IReadOnlyCollection<WatchedCall> calls)
    {
        ImmutableArray<long> marks = [.. calls.Select(call => call.Id)];
        for (var question = 1; ; question++)
        {
            var (asking, patience) = (time.GetTimestamp(), options.WatchPatience / Questions);
            try
            {
                var unknown = (await channel.FindUnknownAsync(marks).WaitAsync(patience, time)).ToHashSet();
                return [.. calls.Where(call => unknown.Contains(call.Id))];
            }
            catch (Exception error) when (LostCall.Is(error) || error is KreweException)
            {
                if (question == Questions)
                {
                    return null;
                }

                if (patience - time.GetElapsedTime(asking) is var left && left > TimeSpan.Zero)
                {
                    await Task.Delay(left < AfterRefusal ? left : AfterRefusal, time);
                }
            }
        }
    }

    [LoggerMessage(EventId = 477, Level = LogLevel.Debug,
        Message = "Replica {Replica} does not know {Count} calls that should be under way there; retrying them")]
    private partial void LogAbandoned(ReplicaId replica, int count);

    [LoggerMessage(EventId = 482, Level = LogLevel.Error, Message = "Failed to check calls under way on replica {Replica}")]
    private partial void LogAskingFailed(Exception error, ReplicaId replica);
}
