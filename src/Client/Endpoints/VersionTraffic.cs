using Krewe.Abstractions.Models;
using Krewe.Client.Breaking;
using Krewe.Client.Cluster;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Endpoints;

/// <summary>This process's calls of one version: its lines to the replicas, what is under way, and whether it keeps failing.</summary>
public sealed class VersionTraffic(ModelId id, IClusterGrains grains, TimeProvider time, ILocalReplicas? local = null)
{
    // After so long without an answer, the number of replicas last heard of means nothing any more.
    private static readonly TimeSpan HeardFor = TimeSpan.FromSeconds(30);
    private const int MostReplicas = 1024;
    private readonly Lock gate = new();
    private volatile ReplicaEndpoint[] lines = [];
    private volatile TaskCompletionSource? changed;
    private volatile CircuitBreaker? breaker;
    private int outstanding;
    private int heard;
    private long heardAt;
    private long triedDespiteErrorAt;

    public ModelId Id { get; } = id;

    /// <summary>Inferences under way.</summary>
    public ref int Outstanding => ref outstanding;

    /// <summary>Null while nothing has failed yet.</summary>
    public CircuitBreaker? Breaker => breaker;

    /// <summary>Lines made so far; some may be to replicas that are no more.</summary>
    public ReadOnlySpan<ReplicaEndpoint> AllLines => lines;

    /// <summary>Replicas there are, as far as this process has heard.</summary>
    /// <param name="minimum">What the version's settings want at least.</param>
    public int CountReplicas(int minimum)
    {
        var count = Volatile.Read(ref heard);
        return count > 0 && time.GetElapsedTime(Volatile.Read(ref heardAt)) < HeardFor ? count : Math.Clamp(minimum, 1, MostReplicas);
    }

    /// <summary>The lines to the replicas there are, by index.</summary>
    public ReadOnlySpan<ReplicaEndpoint> Lines(int minimum)
    {
        var count = CountReplicas(minimum);
        var known = lines;
        return (known.Length >= count ? known : Extend(count)).AsSpan(0, count);
    }

    /// <summary>A replica has answered, at a timestamp.</summary>
    public void Heard(ReplicaEndpoint line, ReplicaReply reply, long at)
    {
        line.AnsweredBy(reply.Silo, at);
        if (reply.Replicas > 0)
        {
            Volatile.Write(ref heardAt, at);
            if (Volatile.Read(ref heard) != reply.Replicas)
            {
                Volatile.Write(ref heard, Math.Min(reply.Replicas, MostReplicas));
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

    /// <summary>Forgets what failed: somebody loaded the version again.</summary>
    public void ForgetFailures() => breaker = null;

    /// <summary>True once a second: where a version is reported to be failing, one call finds out whether it still does.</summary>
    public bool MayTryDespiteError()
    {
        var now = time.GetTimestamp();
        var last = Volatile.Read(ref triedDespiteErrorAt);
        return (last == 0 || time.GetElapsedTime(last, now) >= TimeSpan.FromSeconds(1))
            && Interlocked.CompareExchange(ref triedDespiteErrorAt, now, last) == last;
    }

    /// <summary>Ends when a line or their number has changed since this was called. Look at the lines after calling it.</summary>
    public Task WhenChanged()
    {
        lock (gate)
        {
            changed ??= new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            return changed.Task;
        }
    }

    /// <summary>A line's state has changed.</summary>
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
            var known = lines;
            if (known.Length < count)
            {
                lines = known = [.. known, .. Enumerable.Range(known.Length, count - known.Length).Select(MakeLine)];
            }

            return known;
        }
    }

    private ReplicaEndpoint MakeLine(int index)
    {
        var replica = new ReplicaId(Id, index);
        return new ReplicaEndpoint(this, replica, grains.Replica(replica), local);
    }
}
