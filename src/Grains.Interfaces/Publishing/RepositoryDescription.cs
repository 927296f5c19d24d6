namespace Krewe.Grains.Interfaces;

/// <summary>Which repository a silo has.</summary>
[GenerateSerializer, Immutable, Alias("krewe.repository")]
public sealed record RepositoryDescription
{
    /// <summary>The same for all silos that share the folder; empty where it has no name yet and this silo cannot give it one.</summary>
    [Id(0)]
    public required string Id { get; init; }

    /// <summary>Why this silo cannot change it; empty where it can.</summary>
    [Id(1)]
    public required string Obstacle { get; init; }
}
