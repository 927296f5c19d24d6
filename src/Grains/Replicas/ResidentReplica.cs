using System.Collections.Concurrent;
using Krewe.Grains.Interfaces;
using Orleans.Runtime.Placement;

namespace Krewe.Grains;

/// <summary>A replica that lives on this silo, with what is under way in it. Thread-safe.</summary>
internal sealed class ResidentReplica(ReplicaId id, IGrainContext context, bool isLate, TimeProvider time)
{
    /// <summary>Whoever asks after a call must not take it for lost while a large answer is on its way, at half of 1 Gbit/s.</summary>
    private const long BytesPerSecond = 50_000_000;
    private const long LargeAnswer = 1 << 20;
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
    public bool IsRetired { get; set; }

    /// <summary>Calls under way.</summary>
    public int Running => Volatile.Read(ref running);

    /// <summary>Calls answered since it came here.</summary>
    public long Calls => Volatile.Read(ref calls);

    /// <summary>When a call last ended here, as a timestamp.</summary>
    public long LastUsed => Volatile.Read(ref lastUsed);

    /// <summary>Whether a call with this mark is under way.</summary>
    public bool IsRunning(long callId) => marks.ContainsKey(callId);

    public void Begin(long callId)
    {
        Interlocked.Increment(ref running);
        if (callId != 0)
        {
            marks.AddOrUpdate(callId, 1, static (_, count) => count + 1);
        }
    }

    public void End(long callId, long answerBytes = 0)
    {
        if (callId != 0)
        {
            _ = answerBytes < LargeAnswer ? Forget(callId) : ForgetLaterAsync(callId, TimeSpan.FromSeconds((double)answerBytes / BytesPerSecond));
        }

        Volatile.Write(ref lastUsed, time.GetTimestamp());
        Interlocked.Increment(ref calls);
        Interlocked.Decrement(ref running);
    }

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

    /// <summary>Calls answered since this was last asked; for the one that reports them.</summary>
    public long TakeCalls()
    {
        var now = Calls;
        return now - Interlocked.Exchange(ref callsReported, now);
    }

    /// <summary>Lets what is under way finish and ends the activation; the next call makes a new one where placement wants it.</summary>
    public void Deactivate(string why) => Context.Deactivate(new DeactivationReason(DeactivationReasonCode.ApplicationRequested, why));

    /// <summary>
    /// The same, and makes the new activation on a silo. That is one step: calls that come meanwhile go after it, and none of them has
    /// to be placed.
    /// </summary>
    public void MoveTo(SiloAddress silo) =>
        Context.Migrate(new Dictionary<string, object> { [IPlacementDirector.PlacementHintKey] = silo }, CancellationToken.None);
}
