namespace Krewe.Client.Counters;

/// <summary>Counters of this process's calls to the cluster.</summary>
public sealed class RoutingCounters
{
    private long attempts;
    private long retries;
    private long relayed;
    private long budgetRefusals;
    private long shed;
    private long lostSilos;
    private long abandoned;
    private long breakerRefusals;

    /// <summary>Calls sent to replicas.</summary>
    public long Attempts => Volatile.Read(ref attempts);

    /// <summary>Calls relayed through another silo.</summary>
    public long Relayed => Volatile.Read(ref relayed);

    /// <summary>Retries.</summary>
    public long Retries => Volatile.Read(ref retries);

    /// <summary>Retries refused by the retry budget.</summary>
    public long BudgetRefusals => Volatile.Read(ref budgetRefusals);

    /// <summary>Requests refused by admission.</summary>
    public long Shed => Volatile.Read(ref shed);

    /// <summary>Silos that stopped answering.</summary>
    public long LostSilos => Volatile.Read(ref lostSilos);

    /// <summary>Calls given up because their replica did not know them.</summary>
    public long Abandoned => Volatile.Read(ref abandoned);

    /// <summary>Requests refused by a circuit breaker.</summary>
    public long BreakerRefusals => Volatile.Read(ref breakerRefusals);

    public void AddAttempt() => Interlocked.Increment(ref attempts);

    public void AddRelayed() => Interlocked.Increment(ref relayed);

    public void AddRetry() => Interlocked.Increment(ref retries);

    public void AddBudgetRefusal() => Interlocked.Increment(ref budgetRefusals);

    public void AddShed() => Interlocked.Increment(ref shed);

    public void AddLostSilo() => Interlocked.Increment(ref lostSilos);

    public void AddAbandoned(int calls) => Interlocked.Add(ref abandoned, calls);

    public void AddBreakerRefusal() => Interlocked.Increment(ref breakerRefusals);
}
