namespace Krewe.Grains.Interfaces;

/// <summary>How many replicas callers may choose from: those with an index below <see cref="Count"/>.</summary>
[GenerateSerializer, Immutable, Alias("krewe.replica-plan")]
public readonly record struct ReplicaPlan([property: Id(0)] int Count);
