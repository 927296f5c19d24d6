namespace Krewe.Client.Monitoring;

/// <summary>
/// This process's own silo, where it is one that hosts models. What it says counts at once, while the reports of a silo are always a
/// little older than the silo.
/// </summary>
public interface ILocalNode
{
    /// <summary>The silo's address.</summary>
    SiloAddress Address { get; }

    /// <summary>True from the moment on at which it takes no new replicas.</summary>
    bool IsDraining { get; }
}
