namespace Krewe.Grains;

/// <summary>Whether this silo is leaving. Thread-safe.</summary>
internal sealed class DrainState
{
    private volatile bool isDraining;
    private int reportsSince;

    /// <summary>True once it takes no new replicas.</summary>
    public bool IsDraining => isDraining;

    /// <summary>How often others have read that it is leaving.</summary>
    public int ReportsSince => Volatile.Read(ref reportsSince);

    /// <summary>From now on it takes no new replicas.</summary>
    public void Begin() => isDraining = true;

    /// <summary>Somebody reads the state.</summary>
    public bool Read()
    {
        if (isDraining)
        {
            Interlocked.Increment(ref reportsSince);
        }

        return isDraining;
    }
}
