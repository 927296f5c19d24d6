using Krewe.Client.Monitoring;

namespace Krewe.Grains.Tests.Cluster;

/// <summary>The active members as Orleans knows them.</summary>
internal sealed class MemberList(IClusterMembershipService membership) : ISiloList
{
    public ValueTask<IReadOnlyList<SiloAddress>> GetActiveAsync(CancellationToken cancellationToken) => new(
        [.. membership.CurrentSnapshot.Members.Where(member => member.Value.Status == SiloStatus.Active).Select(member => member.Key)]);
}
