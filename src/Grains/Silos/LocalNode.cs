using Krewe.Client.Monitoring;

namespace Krewe.Grains.Silos;

/// <summary>This silo's identity and draining state. Thread-safe.</summary>
public sealed class LocalNode(ILocalSiloDetails local) : ILocalNode
{
    private volatile bool isDraining;
    private int readings;

    public SiloAddress Address => local.SiloAddress;

    /// <summary>The silo's name, for display.</summary>
    public string Name => local.Name;

    public bool IsDraining => isDraining;

    /// <summary>How often other processes have polled the draining state.</summary>
    public int Readings => Volatile.Read(ref readings);

    /// <summary>Starts draining: no new replicas from now on.</summary>
    public void Drain() => isDraining = true;

    /// <summary>Reads the draining state for another process and counts the poll.</summary>
    public bool Read()
    {
        if (isDraining)
        {
            Interlocked.Increment(ref readings);
        }

        return isDraining;
    }
}
