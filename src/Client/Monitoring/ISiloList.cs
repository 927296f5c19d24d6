namespace Krewe.Client.Monitoring;

/// <summary>The live members of the cluster, as far as this process knows.</summary>
public interface ISiloList
{
    /// <summary>The active members; called about twice a second.</summary>
    ValueTask<IReadOnlyList<SiloAddress>> GetActiveAsync(CancellationToken cancellationToken);
}
