using System.Collections.Concurrent;
using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

/// <summary>
/// Asks after calls that take long. Nobody is told of an answer that was lost on its way, of a link that fell silent, or, outside the
/// cluster, of a silo that died: what was under way would fail only after the longest time a call may take. So a replica with a call
/// older than a moment is asked after it by its mark, the same way that the call went: one call at a time, in turn, because what is
/// lost is as a rule all that was under way there. Where the replica (the grain: by then perhaps at another place) does not know the
/// call, it is given up, and the others are asked after as well; where nothing comes from it any more, all are. A run that takes long
/// is known there, and waited for. Who waits for a call given up makes it again.
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
    private readonly ConcurrentDictionary<long, WatchedCall> calls = new();
    private readonly Lock looking = new();
    private readonly HashSet<IReplicaChannel> asked = [];
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
    public WatchedCall Begin(ReplicaLine line, CancellationToken caller)
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
                _ = AskAsync(together.MinBy(call => call.AskedAt)!, now, all: age == TimeSpan.Zero);
            }
        }
    }

    private async Task AskAsync(WatchedCall first, long now, bool all)
    {
        // Off the timer before anything else.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        var fate = CallFate.Running;
        try
        {
            fate = await FindFateAsync(first);
            var others = UnderWay.Where(call => call.Channel == first.Channel && call != first && call.BegunAt <= now);
            if (fate == CallFate.NoAnswer)
            {
                GiveUp(first.Line.Id, others.Append(first));
            }
            else if (fate == CallFate.Unknown || all)
            {
                var fates = await Task.WhenAll(others.Select(async call => (Call: call, Fate: await FindFateAsync(call))));
                GiveUp(
                    first.Line.Id,
                    fates.Append((first, fate)).Where(pair => pair.Item2 is CallFate.Unknown or CallFate.NoAnswer).Select(pair => pair.Item1));
            }
        }
        catch (Exception error)
        {
            LogAskingFailed(error, first.Line.Id);
        }

        lock (looking)
        {
            // Where the question was only overtaken it is put again at the next look, in turn with the others that are due.
            var interval = (long)(options.WatchInterval.TotalSeconds * time.TimestampFrequency);
            first.AskedAt = time.GetTimestamp() - (fate == CallFate.Overtaken ? interval : 0);
            asked.Remove(first.Channel);
        }
    }

    private void GiveUp(ReplicaId replica, IEnumerable<WatchedCall> lost)
    {
        var abandoned = lost.Count(call => call.Abandon());
        if (abandoned > 0)
        {
            counters.AddAbandoned(abandoned);
            LogAbandoned(replica, abandoned);
        }
    }

    private async Task<CallFate> FindFateAsync(WatchedCall call)
    {
        var fate = await AskAsync(call);
        if (fate == CallFate.Unknown)
        {
            await Task.Delay(Crossing + TimeSpan.FromSeconds((double)admission.InputBytes / BytesPerSecond), time);
            fate = await AskAsync(call);
        }

        return fate;
    }

    /// <summary>It is asked more than once: the first question may go to a dead silo, or over a connection that breaks.</summary>
    private async Task<CallFate> AskAsync(WatchedCall call)
    {
        var start = time.GetTimestamp();
        for (var question = 1; ; question++)
        {
            var (asking, patience) = (time.GetTimestamp(), options.WatchPatience / Questions);
            try
            {
                return await call.Channel.IsRunningAsync(call.Id).WaitAsync(patience, time) ? CallFate.Running : CallFate.Unknown;
            }
            catch (Exception error) when (LostCall.Is(error) || error is KreweException)
            {
                if (question == Questions)
                {
                    // Behind large tensors, or on a silo with too few processors, a question may take longer; other answers come meanwhile.
                    return call.Line.AnsweredAt > start ? CallFate.Overtaken : CallFate.NoAnswer;
                }

                if (patience - time.GetElapsedTime(asking) is var left && left > TimeSpan.Zero)
                {
                    await Task.Delay(left < AfterRefusal ? left : AfterRefusal, time);
                }
            }
        }
    }
}
