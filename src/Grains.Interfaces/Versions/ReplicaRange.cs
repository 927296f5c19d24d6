namespace Krewe.Grains.Interfaces;

/// <summary>How many replicas a version's settings want at least and allow at most.</summary>
[GenerateSerializer, Immutable, Alias("krewe.replica-range")]
public readonly record struct ReplicaRange([property: Id(0)] int Min, [property: Id(1)] int Max);
