namespace Krewe.Client.Monitoring;

/// <summary>This process's own silo, if it hosts models. Its state is current, while a report is always slightly older.</summary>
public interface ILocalNode
{
    /// <summary>The silo's address.</summary>
    SiloAddress Address { get; }

    /// <summary>True once it takes no new replicas.</summary>
    bool IsDraining { get; }
}
