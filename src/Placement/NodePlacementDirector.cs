using Orleans.Runtime.Placement;

namespace Krewe.Placement;

/// <summary>Places a node grain on its silo, or fails if that silo is gone.</summary>
internal sealed class NodePlacementDirector : IPlacementDirector
{
    public Task<SiloAddress> OnAddActivation(PlacementStrategy strategy, PlacementTarget target, IPlacementContext context)
    {
        var wanted = SiloAddress.FromParsableString(target.GrainIdentity.Key.ToString()!);
        return context.GetCompatibleSilos(target).Contains(wanted)
            ? Task.FromResult(wanted)
            : throw new SiloUnavailableException($"silo {wanted} is not an active member of the cluster that hosts models");
    }
}

/// <summary>Places a node grain on the silo that its key names, and nowhere else.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("krewe.node-placement")]
public sealed class NodePlacement : PlacementStrategy;

/// <summary>Marks a grain class as placed by <see cref="NodePlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NodePlacementAttribute() : Orleans.Placement.PlacementAttribute(new NodePlacement());
