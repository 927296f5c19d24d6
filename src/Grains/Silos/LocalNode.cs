using Krewe.Client.Monitoring;

namespace Krewe.Grains.Silos;

/// <summary>This silo, and whether it is leaving. Thread-safe.</summary>
public sealed class LocalNode(ILocalSiloDetails local) : ILocalNode
{
    private volatile bool isDraining;
    private int readings;

    public SiloAddress Address => local.SiloAddress;

    /// <summary>Its name, for people.</summary>
    public string Name => local.Name;

    public bool IsDraining => isDraining;

    /// <summary>How often others have read that it is leaving.</summary>
    public int Readings => Volatile.Read(ref readings);

    /// <summary>From now on it takes no new replicas.</summary>
    public void Drain() => isDraining = true;

    /// <summary>Another process asks whether it is leaving.</summary>
    public bool Read()
    {
        if (isDraining)
        {
            Interlocked.Increment(ref readings);
        }

        return isDraining;
    }
}
