namespace Krewe.Grains.Interfaces;

/// <summary>Places a replica on a silo that has its artifact, its devices and room; see <see cref="ReplicaPlacementDirector"/>.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("krewe.replica-placement")]
public sealed class ReplicaPlacement : PlacementStrategy;

/// <summary>Marks a grain class as placed by <see cref="ReplicaPlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class ReplicaPlacementAttribute() : Orleans.Placement.PlacementAttribute(new ReplicaPlacement());
