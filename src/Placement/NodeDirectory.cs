using System.Diagnostics.CodeAnalysis;
using Orleans.GrainDirectory;
using Orleans.Metadata;
using Orleans.Runtime.GrainDirectory;

namespace Krewe.Placement;

/// <summary>
/// The grain directory of grains whose key is a silo's address. <c>NodePlacement</c> resolves them without a lookup, so nothing is stored.
/// Orleans' own directory is partitioned over all members: while one is unreachable, the silos in its partition could not be called.
/// </summary>
internal sealed class NodeDirectory : IGrainDirectory, IGrainDirectoryResolver
{
    /// <summary>By name, because the properties of a grain class arrive shortly after the silo that has it.</summary>
    private static readonly HashSet<string> Types = ["krewe.node", "krewe.relay", "krewe.publisher"];

    public bool TryResolveGrainDirectory(
        GrainType grainType, GrainProperties? properties, [NotNullWhen(true)] out IGrainDirectory? grainDirectory)
    {
        grainDirectory = Types.Contains(grainType.ToString()!) ? this : null;
        return grainDirectory is not null;
    }

    public Task<GrainAddress?> Register(GrainAddress address) => Task.FromResult<GrainAddress?>(address);

    public Task<GrainAddress?> Register(GrainAddress address, GrainAddress? previousAddress) => Register(address);

    public Task Unregister(GrainAddress address) => Task.CompletedTask;

    public Task<GrainAddress?> Lookup(GrainId grainId) => Task.FromResult<GrainAddress?>(null);

    public Task UnregisterSilos(List<SiloAddress> siloAddresses) => Task.CompletedTask;
}
