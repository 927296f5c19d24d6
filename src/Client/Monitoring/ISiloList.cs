namespace Krewe.Client.Monitoring;

/// <summary>Which members of the cluster are alive, as far as this process knows.</summary>
public interface ISiloList
{
    /// <summary>The members that are active now; asked about twice a second.</summary>
    ValueTask<IReadOnlyList<SiloAddress>> GetActiveAsync(CancellationToken cancellationToken);
}
