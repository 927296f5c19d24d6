using Krewe.Rollouts;

namespace Krewe.Grains.Interfaces;

/// <summary>What an operator wants of a rollout under way.</summary>
[GenerateSerializer, Immutable, Alias("krewe.rollout-order")]
public sealed record RolloutOrder([property: Id(0)] RolloutCommand Command, [property: Id(1)] ChangeAuthor Author);
