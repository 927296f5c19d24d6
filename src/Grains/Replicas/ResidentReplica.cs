using System.Collections.Concurrent;
using Krewe.Abstractions.Inference;
using Krewe.Client.Endpoints;
using Krewe.Grains.Interfaces.Replicas;
using Orleans.Runtime.Placement;

namespace Krewe.Grains.Replicas;

/// <summary>
/// A replica that lives on this silo, with what is under way in it. Calls from this very process come to it without a message, until it is
/// to go: from then on they go after it as messages do, and what is under way is answered here. Thread-safe.
/// </summary>
public sealed class ResidentReplica(ReplicaId id, IGrainContext context, bool isLate, ReplicaServing serving, TimeProvider time)
    : ILocalReplica
{
    /// <summary>Whoever asks after a call must not take it for lost while a large answer is on its way, at half of 1 Gbit/s.</summary>
    private const long BytesPerSecond = 50_000_000;
    private const long LargeAnswer = 1 << 20;

    /// <summary>Set in what is under way once the replica is to go.</summary>
    private const int GoingBit = int.MinValue;
    private readonly ConcurrentDictionary<long, int> marks = new();
    private int running;
    private long calls;
    private long callsReported;
    private long lastUsed = time.GetTimestamp();

    public ReplicaId Id { get; } = id;

    /// <summary>Its activation.</summary>
    public IGrainContext Context { get; } = context;

    /// <summary>It came while this silo was already leaving.</summary>
    public bool IsLate { get; } = isLate;

    /// <summary>There are fewer replicas now, and this one goes.</summary>
    public bool IsRetired { get; private set; }

    /// <summary>Calls under way.</summary>
    public int Running => Volatile.Read(ref running) & ~GoingBit;

    /// <summary>Calls answered since it came here.</summary>
    public long Calls => Volatile.Read(ref calls);

    /// <summary>When a call last ended here, as a timestamp.</summary>
    public long LastUsed => Volatile.Read(ref lastUsed);

    /// <summary>Whether a call with this mark is under way.</summary>
    public bool IsRunning(long callId) => marks.ContainsKey(callId);

    /// <summary>A call came as a message: it is answered, whether or not the replica is to go.</summary>
    public void Begin(long callId = 0)
    {
        Interlocked.Increment(ref running);
        if (callId != 0)
        {
            marks.AddOrUpdate(callId, 1, static (_, count) => count + 1);
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

    public ValueTask<ReplicaReply> InferAsync(InferenceRequest request, CancellationToken cancellationToken) =>
        serving.InferAsync(this, request, cancellationToken);

    /// <summary>A call is over.</summary>
    public void End()
    {
        Volatile.Write(ref lastUsed, time.GetTimestamp());
        Interlocked.Increment(ref calls);
        Interlocked.Decrement(ref running);
    }

    /// <summary>The answer to a call with a mark is on its way.</summary>
    public void Forget(long callId, long answerBytes)
    {
        if (callId != 0)
        {
            _ = answerBytes < LargeAnswer ? Forget(callId) : ForgetLaterAsync(
                callId, TimeSpan.FromSeconds((double)answerBytes / BytesPerSecond));
        }
    }

    /// <summary>Calls answered since this was last asked; for the one that reports them.</summary>
    public long TakeCalls()
    {
        var now = Calls;
        return now - Interlocked.Exchange(ref callsReported, now);
    }

    /// <summary>Ends it because there are fewer replicas now; its memory goes with the last on this silo.</summary>
    public void Retire()
    {
        IsRetired = true;
        Deactivate("there are fewer replicas now");
    }

    /// <summary>Ends it where nothing is under way.</summary>
    public void DeactivateIdle(string why)
    {
        if (Interlocked.CompareExchange(ref running, GoingBit, 0) == 0)
        {
            Deactivate(why);
        }
    }

    /// <summary>Lets what is under way finish and ends the activation; the next call makes a new one where placement wants it.</summary>
    public void Deactivate(string why)
    {
        Leave();
        Context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, why));
    }

    /// <summary>
    /// The same, and makes the new activation on a silo. That is one step: calls that come meanwhile go after it, and none of them has
    /// to be placed.
    /// </summary>
    public void MoveTo(SiloAddress silo)
    {
        Leave();
        Context.Migrate(new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = silo }, CancellationToken.None);
    }

    /// <summary>From now on no call comes but as a message.</summary>
    public void Leave() => Interlocked.Or(ref running, GoingBit);

    private Task Forget(long callId)
    {
        if (marks.AddOrUpdate(callId, 0, static (_, count) => count - 1) == 0)
        {
            // The same call may have been made twice; whoever is last takes the mark away.
            marks.TryRemove(KeyValuePair.Create(callId, 0));
        }

        return Task.CompletedTask;
    }

    private async Task ForgetLaterAsync(long callId, TimeSpan pause)
    {
        await Task.Delay(pause, time);
        await Forget(callId);
    }
}
