using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Cluster;

/// <summary>The cluster at one moment.</summary>
/// <param name="Silos">Every silo that hosts models, by name.</param>
/// <param name="Quarantined">Versions that took processes down, with the reason.</param>
public sealed record ClusterStatus(ImmutableArray<SiloStatus> Silos, ImmutableArray<QuarantinedVersion> Quarantined);

/// <summary>A version that is not loaded any more because loading it took processes down.</summary>
public sealed record QuarantinedVersion(ModelId Model, string Reason);

/// <summary>One replica.</summary>
/// <param name="Model">The version it serves.</param>
/// <param name="Index">Which of the version's replicas it is, from 0.</param>
/// <param name="IsLoaded">The version is in its silo's memory.</param>
public sealed record ReplicaStatus(ModelId Model, int Index, bool IsLoaded);
