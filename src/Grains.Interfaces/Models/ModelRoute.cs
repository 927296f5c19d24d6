using System.Collections.Immutable;
using Krewe.Rollouts.Routes;

namespace Krewe.Grains.Interfaces.Models;

/// <summary>
/// The decisions of operators, rollouts and crash handling about a model's versions. Immutable; a change makes a new one with the next
/// epoch.
/// </summary>
[GenerateSerializer, Immutable, Alias("krewe.model-route")]
public sealed record ModelRoute
{
    /// <summary>The model.</summary>
    [Id(0)] public required string Model { get; init; }

    /// <summary>Grows by one with every change; 0 for a model without decisions.</summary>
    [Id(1)] public long Epoch { get; init; }

    /// <summary>Versions that an operator has unloaded.</summary>
    [Id(2)] public ImmutableArray<long> Unloaded { get; init; } = [];

    /// <summary>Versions that crashed processes, with the reason.</summary>
    [Id(3)] public ImmutableDictionary<long, string> Quarantined { get; init; } = ImmutableDictionary<long, string>.Empty;

    /// <summary>How calls are routed; null for the default.</summary>
    [Id(4)] public TrafficRoute? Traffic { get; init; }

    /// <summary>Versions that must not be evicted from the silos that have them loaded.</summary>
    [Id(5)] public ImmutableArray<long> Held { get; init; } = [];

    /// <summary>Retired versions that no router uses any more: silos refuse calls for them.</summary>
    [Id(6)] public ImmutableArray<long> Closed { get; init; } = [];

    /// <summary>True if nothing was decided.</summary>
    public bool IsDefault => Unloaded.IsEmpty && Quarantined.IsEmpty && Traffic is null && Held.IsEmpty && Closed.IsEmpty;
}
