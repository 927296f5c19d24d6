using Krewe.Client.Monitoring;

namespace Krewe.Placement;

/// <summary>The active members from this process's copy of the membership table; sends no message.</summary>
internal sealed class ActiveSilos(IClusterMembershipService membership) : ISiloList
{
    public ValueTask<IReadOnlyList<SiloAddress>> GetActiveAsync(CancellationToken cancellationToken) =>
        new([.. membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active)
            .Select(member => member.SiloAddress)]);
}
