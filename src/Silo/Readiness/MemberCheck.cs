using Krewe.Abstractions;
using Orleans.Runtime;

namespace Krewe.Silo;

/// <summary>Ready while this silo is an active member of the cluster.</summary>
internal sealed class MemberCheck(ISiloStatusOracle members) : IReadinessCheck
{
    public HostReadiness Check() => members.CurrentStatus == SiloStatus.Active
        ? HostReadiness.Ready
        : HostReadiness.NotReady($"this silo is no active member of the cluster: its status is {members.CurrentStatus}");
}
