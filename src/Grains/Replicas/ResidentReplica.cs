using System.Collections.Concurrent;
using Krewe.Abstractions.Inference;
using Krewe.Client.Endpoints;
using Krewe.Grains.Interfaces.Replicas;
using Orleans.Runtime.Placement;

namespace Krewe.Grains.Replicas;

/// <summary>
/// A replica on this silo, with its calls under way. Calls from this process skip the message until the replica is leaving; later ones go
/// as messages to its next silo, and calls under way are answered here. Thread-safe.
/// </summary>
public sealed class ResidentReplica(ReplicaId id, IGrainContext context, bool isLate, ReplicaServing serving, TimeProvider time)
    : ILocalReplica
{
    /// <summary>
    /// Half of 1 Gbit/s. A call id is kept while a large response is being sent, so that the caller's check does not take it for lost.
    /// </summary>
    private const long BytesPerSecond = 50_000_000;
    private const long LargeAnswer = 1 << 20;

    /// <summary>Set in <see cref="running"/> once the replica is leaving.</summary>
    private const int LeavingBit = int.MinValue;
    private readonly ConcurrentDictionary<long, int> callIds = new();
    private int running;
    private long calls;
    private long callsReported;
    private long lastUsed = time.GetTimestamp();

    public ReplicaId Id { get; } = id;

    /// <summary>The activation.</summary>
    public IGrainContext Context { get; } = context;

    /// <summary>True if it was activated while this silo was draining.</summary>
    public bool IsLate { get; } = isLate;

    /// <summary>True if the version was scaled down and this replica is surplus.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>Calls under way.</summary>
    public int Running => Volatile.Read(ref running) & ~LeavingBit;

    /// <summary>Calls answered since activation.</summary>
    public long Calls => Volatile.Read(ref calls);

    /// <summary>When the last call ended, as a timestamp.</summary>
    public long LastUsed => Volatile.Read(ref lastUsed);

    /// <summary>Whether the call with this id is under way.</summary>
    public bool IsRunning(long callId) => callIds.ContainsKey(callId);

    /// <summary>Begins a call that came as a message: it is answered even if the replica is leaving.</summary>
    public void Begin(long callId = 0)
    {
        Interlocked.Increment(ref running);
        if (callId != 0)
        {
            callIds.AddOrUpdate(callId, 1, static (_, count) => count + 1);
        }
    }

    public bool TryBegin()
    {
        var isHere = Interlocked.Increment(ref running) > 0;
        if (!isHere)
        {
            Interlocked.Decrement(ref running);
        }

        return isHere;
    }

    public ValueTask<ReplicaReply> InferAsync(InferenceCall call) => serving.InferAsync(this, call);

    /// <summary>Ends a call.</summary>
    public void End()
    {
        Volatile.Write(ref lastUsed, time.GetTimestamp());
        Interlocked.Increment(ref calls);
        Interlocked.Decrement(ref running);
    }

    /// <summary>Forgets a call's id once its response, which is being sent, must have arrived.</summary>
    public void Forget(long callId, long answerBytes)
    {
        if (callId != 0)
        {
            _ = answerBytes < LargeAnswer ? Forget(callId) : ForgetLaterAsync(
                callId, TimeSpan.FromSeconds((double)answerBytes / BytesPerSecond));
        }
    }

    /// <summary>Calls answered since the last report; for <c>DemandReporter</c> only.</summary>
    public long TakeCalls()
    {
        var now = Calls;
        return now - Interlocked.Exchange(ref callsReported, now);
    }

    /// <summary>Deactivates a surplus replica; its memory is freed with the last one on this silo.</summary>
    public void Retire()
    {
        IsRetired = true;
        Deactivate("there are fewer replicas now");
    }

    /// <summary>Deactivates if no call is under way.</summary>
    public void DeactivateIdle(string why)
    {
        if (Interlocked.CompareExchange(ref running, LeavingBit, 0) == 0)
        {
            Deactivate(why);
        }
    }

    /// <summary>Deactivates after the calls under way; the next call activates the replica where placement chooses.</summary>
    public void Deactivate(string why)
    {
        Leave();
        Context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, why));
    }

    /// <summary>
    /// Deactivates here and activates on a silo, in one step: calls that arrive meanwhile follow it, and none needs placement.
    /// </summary>
    public void MoveTo(SiloAddress silo)
    {
        Leave();
        Context.Migrate(new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = silo }, CancellationToken.None);
    }

    /// <summary>Refuses calls without a message from now on.</summary>
    public void Leave() => Interlocked.Or(ref running, LeavingBit);

    private Task Forget(long callId)
    {
        if (callIds.AddOrUpdate(callId, 0, static (_, count) => count - 1) == 0)
        {
            // A retry may have reused the id; the last call removes it.
            callIds.TryRemove(KeyValuePair.Create(callId, 0));
        }

        return Task.CompletedTask;
    }

    private async Task ForgetLaterAsync(long callId, TimeSpan pause)
    {
        await Task.Delay(pause, time);
        await Forget(callId);
    }
}
