using System.Collections.Immutable;

namespace Krewe.Abstractions;

/// <summary>The cluster at one moment.</summary>
/// <param name="Silos">Every silo that hosts models, by name.</param>
/// <param name="Quarantined">Versions that took processes down, with the reason.</param>
public sealed record ClusterStatus(ImmutableArray<SiloStatus> Silos, ImmutableArray<QuarantinedVersion> Quarantined);
