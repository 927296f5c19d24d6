using System.Collections.Immutable;
using Krewe.Rollouts.Routes;

namespace Krewe.Grains.Interfaces.Models;

/// <summary>
/// What operators, rollouts and crashes have decided about a model's versions. Immutable; a change makes a new one with the next epoch.
/// </summary>
[GenerateSerializer, Immutable, Alias("krewe.model-route")]
public sealed record ModelRoute
{
    /// <summary>The model.</summary>
    [Id(0)] public required string Model { get; init; }

    /// <summary>Grows by one with every change; 0 for a model about which nothing was decided.</summary>
    [Id(1)] public long Epoch { get; init; }

    /// <summary>Versions an operator has taken out.</summary>
    [Id(2)] public ImmutableArray<long> Unloaded { get; init; } = [];

    /// <summary>Versions that took processes down, with the reason.</summary>
    [Id(3)] public ImmutableDictionary<long, string> Quarantined { get; init; } = ImmutableDictionary<long, string>.Empty;

    /// <summary>How calls are routed; null where nothing was decided about that.</summary>
    [Id(4)] public TrafficRoute? Traffic { get; init; }

    /// <summary>Versions that stay in the memory of the silos that have them.</summary>
    [Id(5)] public ImmutableArray<long> Held { get; init; } = [];

    /// <summary>Retired versions that no caller's snapshot has any more: silos take no calls for them.</summary>
    [Id(6)] public ImmutableArray<long> Closed { get; init; } = [];

    /// <summary>True where nothing is decided.</summary>
    public bool IsDefault => Unloaded.IsEmpty && Quarantined.IsEmpty && Traffic is null && Held.IsEmpty && Closed.IsEmpty;
}
