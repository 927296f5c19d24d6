using System.Collections.Immutable;

namespace Krewe.Grains.Interfaces;

/// <summary>What operators and crashes have decided about a model's versions. Immutable; a change makes a new one with the next epoch.</summary>
[GenerateSerializer, Immutable, Alias("krewe.model-route")]
public sealed record ModelRoute
{
    /// <summary>The model.</summary>
    [Id(0)]
    public required string Model { get; init; }

    /// <summary>Grows by one with every change; 0 for a model about which nothing was decided.</summary>
    [Id(1)]
    public long Epoch { get; init; }

    /// <summary>Versions an operator has taken out.</summary>
    [Id(2)]
    public ImmutableArray<long> Unloaded { get; init; } = [];

    /// <summary>Versions that took processes down, with the reason.</summary>
    [Id(3)]
    public ImmutableDictionary<long, string> Quarantined { get; init; } = ImmutableDictionary<long, string>.Empty;
}
