namespace Krewe.Grains.Interfaces;

/// <summary>This process's line to one replica: its grain, how many calls are under way on it, and whether it was lost.</summary>
internal sealed class ReplicaLine(VersionTraffic traffic, ReplicaId id, IReplicaGrain grain)
{
    private int outstanding;
    private int state;
    private int losses;
    private volatile string? silo;

    public VersionTraffic Traffic { get; } = traffic;

    public ReplicaId Id { get; } = id;

    public IReplicaGrain Grain { get; } = grain;

    /// <summary>The silo that answered last, parsable; null before the first answer.</summary>
    public string? Silo => silo;

    /// <summary>Calls under way.</summary>
    public int Outstanding => Volatile.Read(ref outstanding);

    public ReplicaState State => (ReplicaState)Volatile.Read(ref state);

    public void Enter() => Interlocked.Increment(ref outstanding);

    public void Leave() => Interlocked.Decrement(ref outstanding);

    public void AnsweredBy(string from)
    {
        if (!string.Equals(silo, from, StringComparison.Ordinal))
        {
            silo = from;
        }
    }

    /// <summary>A call was lost; false where that is known already, and somebody sees to it.</summary>
    /// <param name="count">Which loss it is, for <see cref="Change"/>.</param>
    public bool TryLose(out int count)
    {
        count = Volatile.Read(ref losses) + 1;
        return Interlocked.Exchange(ref state, (int)ReplicaState.Lost) != (int)ReplicaState.Lost
            && Interlocked.CompareExchange(ref losses, count, count - 1) == count - 1;
    }

    /// <summary>Changes the state after a loss, unless it was lost once more since.</summary>
    public void Change(ReplicaState to, int afterLoss)
    {
        if (Volatile.Read(ref losses) == afterLoss && Interlocked.Exchange(ref state, (int)to) != (int)to)
        {
            Traffic.SignalChange();
        }
    }
}
