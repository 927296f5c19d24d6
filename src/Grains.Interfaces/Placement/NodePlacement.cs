namespace Krewe.Grains.Interfaces;

/// <summary>Places a node grain on the silo that its key names, and nowhere else.</summary>
[Serializable, GenerateSerializer, Immutable, SuppressReferenceTracking, Alias("krewe.node-placement")]
public sealed class NodePlacement : PlacementStrategy;

/// <summary>Marks a grain class as placed by <see cref="NodePlacement"/>.</summary>
[AttributeUsage(AttributeTargets.Class)]
public sealed class NodePlacementAttribute() : Orleans.Placement.PlacementAttribute(new NodePlacement());
