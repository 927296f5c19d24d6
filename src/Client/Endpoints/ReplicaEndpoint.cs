using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Endpoints;

/// <summary>This process's state for one replica: its channel, its calls under way, and whether it is lost.</summary>
public sealed class ReplicaEndpoint
{
    private int outstanding;
    private int state;
    private int losses;
    private long answeredAt;
    private volatile string? silo;
    private volatile ReplicaChannel channel;
    private readonly ILocalReplicas? local;
    private volatile ILocalReplica? here;

    public ReplicaEndpoint(VersionTraffic traffic, ReplicaId id, IReplicaGrain grain, ILocalReplicas? local = null)
    {
        (Traffic, Id, Direct, this.local) = (traffic, id, new ReplicaChannel(id, grain), local);
        channel = Direct;
    }

    public VersionTraffic Traffic { get; }

    public ReplicaId Id { get; }

    /// <summary>The direct channel.</summary>
    public ReplicaChannel Direct { get; }

    /// <summary>The channel in use: <see cref="Direct"/>, or a relay while the direct link is broken.</summary>
    public ReplicaChannel Channel => channel;

    /// <summary>Whether this process hosts replicas at all.</summary>
    public bool MayBeHere => local is not null;

    /// <summary>When the replica last answered, as a timestamp.</summary>
    public long AnsweredAt => Volatile.Read(ref answeredAt);

    /// <summary>The silo that answered last, as a parsable address; null before the first answer.</summary>
    public string? Silo => silo;

    /// <summary>Calls under way.</summary>
    public int Outstanding => Volatile.Read(ref outstanding);

    public ReplicaState State => (ReplicaState)Volatile.Read(ref state);

    public void Enter() => Interlocked.Increment(ref outstanding);

    public void Leave() => Interlocked.Decrement(ref outstanding);

    /// <summary>Begins a call on the replica if it is in this process; null if a message must be sent.</summary>
    public ILocalReplica? TryBeginHere()
    {
        if (local is null)
        {
            return null;
        }

        if (here is { } known && known.TryBegin())
        {
            return known;
        }

        return here = local.Find(Id) is { } found && found.TryBegin() ? found : null;
    }

    public void AnsweredBy(string from, long at)
    {
        Volatile.Write(ref answeredAt, at);
        if (!string.Equals(silo, from, StringComparison.Ordinal))
        {
            silo = from;
        }
    }

    /// <summary>Marks the replica as lost; false if it already is, and its recovery is running.</summary>
    /// <param name="count">The number of this loss, for <see cref="Change"/>.</param>
    public bool TryLose(out int count)
    {
        count = Volatile.Read(ref losses) + 1;
        return Interlocked.Exchange(ref state, (int)ReplicaState.Lost) != (int)ReplicaState.Lost
            && Interlocked.CompareExchange(ref losses, count, count - 1) == count - 1;
    }

    /// <summary>Switches to another channel; false if it was switched meanwhile.</summary>
    public bool TrySwitch(ReplicaChannel from, ReplicaChannel to) => Interlocked.CompareExchange(ref channel, to, from) == from;

    /// <summary>Changes the state after a loss, unless the replica was lost again since.</summary>
    public void Change(ReplicaState to, int afterLoss)
    {
        if (Volatile.Read(ref losses) == afterLoss && Interlocked.Exchange(ref state, (int)to) != (int)to)
        {
            Traffic.SignalChange();
        }
    }
}

/// <summary>The state of a replica, as this process knows it.</summary>
public enum ReplicaState
{
    /// <summary>No known problem.</summary>
    Good,

    /// <summary>It answers again after a loss, and is loading.</summary>
    Loading,

    /// <summary>A call to it was lost, and it has not answered since.</summary>
    Lost,
}
