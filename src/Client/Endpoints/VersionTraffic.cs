using Krewe.Abstractions.Models;
using Krewe.Client.Breaking;
using Krewe.Client.Cluster;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Endpoints;

/// <summary>This process's calls of one version: replica endpoints, calls under way, and the circuit breaker.</summary>
public sealed class VersionTraffic(ModelId id, IClusterGrains grains, TimeProvider time, ILocalReplicas? local = null)
{
    // The last reported replica count expires after this time without a reply.
    private static readonly TimeSpan CountLifetime = TimeSpan.FromSeconds(30);

    // A write takes the cache line away from other processors; the times of replies need not be finer.
    private static readonly TimeSpan Resolution = TimeSpan.FromMilliseconds(5);
    private const int MaxReplicas = 1024;
    private readonly Lock gate = new();
    private volatile ReplicaEndpoint[] endpoints = [];
    private volatile TaskCompletionSource? changed;
    private volatile CircuitBreaker? breaker;
    private int outstanding;
    private int replicaCount;
    private long countedAt;
    private long triedDespiteErrorAt;

    public ModelId Id { get; } = id;

    /// <summary>Inferences under way.</summary>
    public ref int Outstanding => ref outstanding;

    /// <summary>Null until a call fails.</summary>
    public CircuitBreaker? Breaker => breaker;

    /// <summary>All endpoints made so far, including those of replicas that were scaled down.</summary>
    public ReadOnlySpan<ReplicaEndpoint> AllEndpoints => endpoints;

    /// <summary>The replica count, as last reported.</summary>
    /// <param name="minimum">The version's configured minimum.</param>
    public int CountReplicas(int minimum)
    {
        var count = Volatile.Read(ref replicaCount);
        return count > 0 && time.GetElapsedTime(Volatile.Read(ref countedAt)) < CountLifetime ? count : Math.Clamp(minimum, 1, MaxReplicas);
    }

    /// <summary>The endpoints of the current replicas, by index.</summary>
    public ReadOnlySpan<ReplicaEndpoint> Endpoints(int minimum)
    {
        var count = CountReplicas(minimum);
        var known = endpoints;
        return (known.Length >= count ? known : Extend(count)).AsSpan(0, count);
    }

    /// <summary>Records a reply, received at a timestamp.</summary>
    public void Heard(ReplicaEndpoint endpoint, ReplicaReply reply, long at)
    {
        if (reply.Replicas == Volatile.Read(ref replicaCount) && string.Equals(reply.Silo, endpoint.Silo, StringComparison.Ordinal)
            && time.GetElapsedTime(endpoint.AnsweredAt, at) < Resolution)
        {
            return;
        }

        endpoint.AnsweredBy(reply.Silo, at);
        if (reply.Replicas > 0)
        {
            Volatile.Write(ref countedAt, at);
            if (Volatile.Read(ref replicaCount) != reply.Replicas)
            {
                Volatile.Write(ref replicaCount, Math.Min(reply.Replicas, MaxReplicas));
                SignalChange();
            }
        }
    }

    public CircuitBreaker NeedBreaker()
    {
        lock (gate)
        {
            return breaker ??= new CircuitBreaker(time);
        }
    }

    /// <summary>Forgets failures after an operator has loaded the version again.</summary>
    public void ForgetFailures() => breaker = null;

    /// <summary>True once a second: lets one call probe a version that is reported as failing.</summary>
    public bool MayTryDespiteError()
    {
        var now = time.GetTimestamp();
        var last = Volatile.Read(ref triedDespiteErrorAt);
        return (last == 0 || time.GetElapsedTime(last, now) >= TimeSpan.FromSeconds(1))
            && Interlocked.CompareExchange(ref triedDespiteErrorAt, now, last) == last;
    }

    /// <summary>Completes at the next change of an endpoint's state or the replica count. Read the endpoints after calling it.</summary>
    public Task WhenChanged()
    {
        lock (gate)
        {
            changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return changed.Task;
        }
    }

    /// <summary>Signals a change to waiting calls.</summary>
    public void SignalChange()
    {
        TaskCompletionSource? waiting;
        lock (gate)
        {
            (waiting, changed) = (changed, null);
        }

        waiting?.SetResult();
    }

    private ReplicaEndpoint[] Extend(int count)
    {
        lock (gate)
        {
            var known = endpoints;
            if (known.Length < count)
            {
                endpoints = known = [.. known, .. Enumerable.Range(known.Length, count - known.Length).Select(MakeEndpoint)];
            }

            return known;
        }
    }

    private ReplicaEndpoint MakeEndpoint(int index)
    {
        var replica = new ReplicaId(Id, index);
        return new ReplicaEndpoint(this, replica, grains.Replica(replica), local);
    }
}
