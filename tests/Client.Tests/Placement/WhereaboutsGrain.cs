using Krewe.Placement;

namespace Krewe.Client.Tests.Placement;

/// <summary>A grain that is placed as a replica is.</summary>
[ReplicaPlacement]
internal sealed class WhereaboutsGrain(ILocalSiloDetails silo) : Grain, IWhereaboutsGrain
{
    public Task<string> WhereAsync() => Task.FromResult(silo.SiloAddress.ToParsableString());
}
