using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Interfaces;

/// <summary>
/// Asks after calls that take long. A client outside the cluster is never told that a silo died: what it waits for would fail only
/// after the longest time a call may take. So each call that is older than a moment is asked after by its mark; where the replica (the
/// grain: by then perhaps at another place) does not know it, or does not answer, the call is given up, and its caller makes it again.
/// </summary>
internal sealed partial class CallWatch : IDisposable
{
    // An answer that crossed our question on its way gets this long to arrive.
    private static readonly TimeSpan Crossing = TimeSpan.FromMilliseconds(50);
    private const int Questions = 2;
    private readonly ConcurrentDictionary<long, WatchedCall> calls = new();
    private readonly ClusterCallOptions options;
    private readonly RoutingCounters counters;
    private readonly TimeProvider time;
    private readonly ILogger<CallWatch> logger;
    private readonly ITimer timer;
    private long lastId = Random.Shared.NextInt64(long.MaxValue / 2);

    public CallWatch(ClusterCallOptions options, RoutingCounters counters, TimeProvider time, ILogger<CallWatch> logger)
    {
        (this.options, this.counters, this.time, this.logger) = (options, counters, time, logger);
        timer = time.CreateTimer(static watch => ((CallWatch)watch!).Look(), this, options.WatchInterval / 2, options.WatchInterval / 2);
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

    /// <summary>Asks after every call now: a connection to the cluster broke.</summary>
    public void LookAtAll() => Ask(TimeSpan.Zero);

    public void Dispose() => timer.Dispose();

    private void Look() => Ask(options.WatchInterval);

    private void Ask(TimeSpan age)
    {
        var now = time.GetTimestamp();
        lock (timer)
        {
            foreach (var (_, call) in calls)
            {
                if (!call.IsBeingAsked && time.GetElapsedTime(call.AskedAt, now) >= age)
                {
                    call.IsBeingAsked = true;
                    _ = AskAsync(call);
                }
            }
        }
    }

    private async Task AskAsync(WatchedCall call)
    {
        // Off the timer before anything else.
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding);
        try
        {
            if (!await IsRunningAsync(call))
            {
                await Task.Delay(Crossing, time);
                if (call.Abandon())
                {
                    counters.AddAbandoned();
                    LogAbandoned(call.Line.Id);
                }
            }
        }
        catch (Exception error)
        {
            LogAskingFailed(error, call.Line.Id);
        }

        lock (timer)
        {
            (call.IsBeingAsked, call.AskedAt) = (false, time.GetTimestamp());
        }
    }

    /// <summary>False where the replica says so, or does not answer. It is asked more than once: the first question may go to a dead silo.</summary>
    private async Task<bool> IsRunningAsync(WatchedCall call)
    {
        for (var question = 1; ; question++)
        {
            var start = time.GetTimestamp();
            try
            {
                return await call.Line.Grain.IsRunningAsync(call.Id).WaitAsync(options.WatchPatience / Questions, time);
            }
            catch (Exception error) when (LostCall.Is(error))
            {
                if (question == Questions)
                {
                    return false;
                }

                if (options.WatchPatience / Questions - time.GetElapsedTime(start) is var left && left > TimeSpan.Zero)
                {
                    await Task.Delay(left, time);
                }
            }
        }
    }
}
