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
/// Asks after calls that take long. Nobody is told of an answer that was lost on its way, of a link that fell silent, or, outside the
/// cluster, of a silo that died; what was under way would fail only after the longest time a call may take. So a replica is asked after
/// all of its calls that are older than a moment, by their marks, the same way that the calls went. Those that the replica (the grain: by
/// then perhaps at another place) does not know are given up, and the younger ones are asked after as well; where nothing comes from it
/// any more, all are given up. A run that takes long is known there, and waited for. Who waits for a call given up makes it again.
/// </summary>
internal sealed partial class CallWatch : IDisposable
{
    // What crossed our question on its way gets this long to arrive.
    private static readonly TimeSpan Crossing = TimeSpan.FromMilliseconds(50);

    // A question that is refused, and not only unanswered, is put again soon: the way there is broken, or was for a moment.
    private static readonly TimeSpan AfterRefusal = TimeSpan.FromMilliseconds(150);

    /// <summary>A question may overtake requests on another connection: half of what a link of 1 Gbit/s carries.</summary>
    private const long BytesPerSecond = 50_000_000;
    private const int LooksPerInterval = 4;
    private const int Questions = 2;

    /// <summary>How long a replica that answers other calls may leave a question unanswered, in <c>WatchPatience</c>.</summary>
    private const int Patiences = 6;

    /// <summary>Marks in one question, 16 KiB; whoever waits longest comes first.</summary>
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

    /// <summary>A call begins. It is watched until the result is disposed.</summary>
    public WatchedCall Begin(ReplicaEndpoint line, CancellationToken caller)
    {
        var call = new WatchedCall(this, line, Interlocked.Increment(ref lastId), time.GetTimestamp(), caller);
        calls[call.Id] = call;
        return call;
    }

    /// <summary>A call is over.</summary>
    public void End(WatchedCall call) => calls.TryRemove(call.Id, out _);

    /// <summary>Asks after every call now: a connection into the cluster broke.</summary>
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
        // Off the timer before anything else.
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
                // Behind large tensors, or on a silo with too few processors, a question may take longer; other answers have come
                // the same way meanwhile. A call whose question is never answered is lost all the same.
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
            // What was not answered is due at the next look.
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

    /// <summary>The calls that the replica does not know, asked twice; null where it does not answer.</summary>
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

    /// <summary>It is asked more than once: the first question may go to a dead silo, or over a connection that breaks.</summary>
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
        Message = "Replica {Replica} does not know of {Count} calls that should be under way there; they are made again")]
    private partial void LogAbandoned(ReplicaId replica, int count);

    [LoggerMessage(EventId = 482, Level = LogLevel.Error, Message = "Replica {Replica} could not be asked after a call")]
    private partial void LogAskingFailed(Exception error, ReplicaId replica);
}
