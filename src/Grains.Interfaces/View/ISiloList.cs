namespace Krewe.Grains.Interfaces;

/// <summary>Which members of the cluster are alive, as far as this process knows.</summary>
internal interface ISiloList
{
    /// <summary>The members that are active now; asked about twice a second.</summary>
    ValueTask<IReadOnlyList<SiloAddress>> GetActiveAsync(CancellationToken cancellationToken);
}

/// <summary>The active members as the membership of this process has them; needs no message.</summary>
internal sealed class ActiveSilos(IClusterMembershipService membership) : ISiloList
{
    public ValueTask<IReadOnlyList<SiloAddress>> GetActiveAsync(CancellationToken cancellationToken) =>
        new([.. membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active).Select(member => member.SiloAddress)]);
}
