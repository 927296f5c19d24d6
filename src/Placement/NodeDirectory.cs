using System.Diagnostics.CodeAnalysis;
using Orleans.GrainDirectory;
using Orleans.Metadata;
using Orleans.Runtime.GrainDirectory;

namespace Krewe.Placement;

/// <summary>
/// The directory of the grains whose key is a silo's address: <c>NodePlacement</c> finds them without a lookup, so nothing is
/// kept. The engine's own directory is spread over all members, and a silo could not be asked while the member that has its entry
/// cannot be reached.
/// </summary>
internal sealed class NodeDirectory : IGrainDirectory, IGrainDirectoryResolver
{
    /// <summary>By name rather than by property: the properties of a grain class arrive a moment after the silo that has it.</summary>
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
