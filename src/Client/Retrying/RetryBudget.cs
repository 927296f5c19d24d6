namespace Krewe.Client.Retrying;

/// <summary>
/// A retry budget, which keeps retries from multiplying load during an outage: every call adds a fraction of a retry, every retry takes
/// one, and a few are regained per second, so that a process with little traffic can retry too. It starts full.
/// </summary>
public sealed class RetryBudget(double ratio, int capacity, TimeProvider time)
{
    private const int RegainedPerSecond = 10;
    private const long Whole = 1000;
    private readonly long perCall = (long)(ratio * Whole);
    private readonly long full = capacity * Whole;
    private readonly Lock refilling = new();
    private long tokens = capacity * Whole;
    private long refilledAt = time.GetTimestamp();

    /// <summary>Retries available now.</summary>
    public double Available => (double)Volatile.Read(ref tokens) / Whole;

    /// <summary>Records a first attempt.</summary>
    public void AddCall() => Add(perCall);

    /// <summary>Takes one retry; false if there is none.</summary>
    public bool TryTake()
    {
        Refill();
        for (var seen = Volatile.Read(ref tokens); seen >= Whole; seen = Volatile.Read(ref tokens))
        {
            if (Interlocked.CompareExchange(ref tokens, seen - Whole, seen) == seen)
            {
                return true;
            }
        }

        return false;
    }

    private void Refill()
    {
        lock (refilling)
        {
            var now = time.GetTimestamp();
            var regained = (long)(time.GetElapsedTime(refilledAt, now).TotalSeconds * RegainedPerSecond * Whole);
            if (regained > 0)
            {
                refilledAt = now;
                Add(regained);
            }
        }
    }

    private void Add(long amount)
    {
        // Usually full, which writes nothing.
        for (var seen = Volatile.Read(ref tokens); seen < full; seen = Volatile.Read(ref tokens))
        {
            if (Interlocked.CompareExchange(ref tokens, Math.Min(full, seen + amount), seen) == seen)
            {
                return;
            }
        }
    }
}
