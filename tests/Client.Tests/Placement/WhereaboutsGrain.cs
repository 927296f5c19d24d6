using Krewe.Placement;
using Krewe.Grains.Interfaces;

namespace Krewe.Client.Tests;

/// <summary>A grain that is placed as a replica is.</summary>
[ReplicaPlacement]
internal sealed class WhereaboutsGrain(ILocalSiloDetails silo) : Grain, IWhereaboutsGrain
{
    public Task<string> WhereAsync() => Task.FromResult(silo.SiloAddress.ToParsableString());
}
