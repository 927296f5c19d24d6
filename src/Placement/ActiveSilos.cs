using Krewe.Client.Monitoring;

namespace Krewe.Placement;

/// <summary>The active members as the membership of this process has them; needs no message.</summary>
internal sealed class ActiveSilos(IClusterMembershipService membership) : ISiloList
{
    public ValueTask<IReadOnlyList<SiloAddress>> GetActiveAsync(CancellationToken cancellationToken) =>
        new([.. membership.CurrentSnapshot.Members.Values.Where(member => member.Status == SiloStatus.Active)
            .Select(member => member.SiloAddress)]);
}
