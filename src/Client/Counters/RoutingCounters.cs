namespace Krewe.Client.Counters;

/// <summary>What this process counts about its calls of the cluster.</summary>
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

    /// <summary>Calls sent through another silo.</summary>
    public long Relayed => Volatile.Read(ref relayed);

    /// <summary>Calls sent again.</summary>
    public long Retries => Volatile.Read(ref retries);

    /// <summary>Calls not sent again because the budget was used up.</summary>
    public long BudgetRefusals => Volatile.Read(ref budgetRefusals);

    /// <summary>Requests refused because too much was under way.</summary>
    public long Shed => Volatile.Read(ref shed);

    /// <summary>Silos that stopped answering.</summary>
    public long LostSilos => Volatile.Read(ref lostSilos);

    /// <summary>Calls that nobody knew of any more.</summary>
    public long Abandoned => Volatile.Read(ref abandoned);

    /// <summary>Requests refused because their version kept failing.</summary>
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
