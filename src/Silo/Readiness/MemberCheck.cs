using Krewe.Abstractions;

namespace Krewe.Silo;

/// <summary>Ready while this silo is an active member of the cluster.</summary>
internal sealed class MemberCheck(ISiloStatusOracle members) : IReadinessCheck
{
    public ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken) =>
        new(members.CurrentStatus == Orleans.Runtime.SiloStatus.Active
            ? HostReadiness.Ready
            : HostReadiness.NotReady($"this silo is no active member of the cluster: its status is {members.CurrentStatus}"));
}
