using System.Collections.Immutable;
using System.Text.Json.Serialization;
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

    /// <summary>Inputs that ended a process, which all silos refuse for a time; older ones are dropped with the next.</summary>
    [Id(7)] public ImmutableArray<RefusedInput> Refused { get; init; } = [];

    /// <summary>True if nothing was decided.</summary>
    public bool IsDefault =>
        Unloaded.IsEmpty && Quarantined.IsEmpty && Traffic is null && Held.IsEmpty && Closed.IsEmpty && Refused.IsEmpty;
}

/// <summary>Inputs that ended a process.</summary>
/// <param name="Version">The version that ran.</param>
/// <param name="Inputs">The hash of the inputs.</param>
/// <param name="At">When that was recorded.</param>
[GenerateSerializer, Immutable, Alias("krewe.refused-input")]
public sealed record RefusedInput(
    [property: Id(0), JsonPropertyName("version")] long Version, [property: Id(1), JsonPropertyName("inputs")] string Inputs,
    [property: Id(2), JsonPropertyName("at")] DateTimeOffset At);
