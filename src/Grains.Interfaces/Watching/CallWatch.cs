using System.Collections.Concurrent;
using Krewe.Abstractions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

/// <summary>
/// Asks after calls that take long. A client outside the cluster is never told that a silo died: what it waits for would fail only
/// after the longest time a call may take. So a replica with a call older than a moment is asked after it by its mark: one call at a
/// time, in turn, because what is lost is as a rule all that was under way there. Where the replica (the grain: by then perhaps at
/// another place) does not know the call, it is given up, and the others are asked after as well; where it does not answer, all are.
/// Who waits for a call given up makes it again.
/// </summary>
internal sealed partial class CallWatch : IDisposable
{
    // An answer that crossed our question on its way gets this long to arrive.
    private static readonly TimeSpan Crossing = TimeSpan.FromMilliseconds(50);
    private const int Questions = 2;
    private readonly ConcurrentDictionary<long, WatchedCall> calls = new();
    private readonly Lock looking = new();
    private readonly HashSet<ReplicaLine> asked = [];
    private readonly ClusterCallOptions options;
    private readonly RoutingCounters counters;
    private readonly TimeProvider time;
    private readonly ILogger<CallWatch> logger;
    private readonly ITimer timer;
    private long lastId = Random.Shared.NextInt64(long.MaxValue / 2);

    public CallWatch(ClusterCallOptions options, RoutingCounters counters, TimeProvider time, ILogger<CallWatch> logger)
    {
        (this.options, this.counters, this.time, this.logger) = (options, counters, time, logger);
        timer = time.CreateTimer(static watch => ((CallWatch)watch!).Look(((CallWatch)watch).options.WatchInterval), this, options.WatchInterval / 2, options.WatchInterval / 2);
    }

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
            var due = calls.Values.Where(call => time.GetElapsedTime(call.AskedAt, now) >= age).GroupBy(call => call.Line);
            foreach (var ofLine in due.Where(ofLine => asked.Add(ofLine.Key)))
            {
                _ = AskAsync(ofLine.MinBy(call => call.AskedAt)!, now, all: age == TimeSpan.Zero);
            }
        }
    }

    private async Task AskAsync(WatchedCall first, long now, bool all)
    {
        // Off the timer before anything else.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            var answer = await IsRunningAsync(first);
            WatchedCall[] others = answer is true && !all ? [] : [.. calls.Values.Where(call => call.Line == first.Line && call != first && call.BegunAt <= now)];
            var answers = answer is null ? new bool?[others.Length] : await Task.WhenAll(others.Select(IsRunningAsync));
            await GiveUpAsync([.. others.Zip(answers).Append((first, answer)).Where(pair => pair.Item2 is not true).Select(pair => pair.Item1)]);
        }
        catch (Exception error)
        {
            LogAskingFailed(error, first.Line.Id);
        }

        lock (looking)
        {
            first.AskedAt = time.GetTimestamp();
            asked.Remove(first.Line);
        }
    }

    private async Task GiveUpAsync(WatchedCall[] lost)
    {
        if (lost.Length == 0)
        {
            return;
        }

        await Task.Delay(Crossing, time);
        var abandoned = lost.Count(call => call.Abandon());
        if (abandoned > 0)
        {
            counters.AddAbandoned(abandoned);
            LogAbandoned(lost[0].Line.Id, abandoned);
        }
    }

    /// <summary>What the replica says; null where it does not answer. It is asked more than once: the first question may go to a dead silo.</summary>
    private async Task<bool?> IsRunningAsync(WatchedCall call)
    {
        for (var question = 1; ; question++)
        {
            var start = time.GetTimestamp();
            try
            {
                return await call.Line.Grain.IsRunningAsync(call.Id).WaitAsync(options.WatchPatience / Questions, time);
            }
            catch (Exception error) when (LostCall.Is(error) || error is KreweException)
            {
                if (question == Questions)
                {
                    return null;
                }

                if (options.WatchPatience / Questions - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero)
                {
                    await Task.Delay(left, time);
                }
            }
        }
    }
}
