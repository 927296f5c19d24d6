using System.Collections.Immutable;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Cluster;

/// <summary>The cluster at one moment.</summary>
/// <param name="Silos">Every silo that hosts models, by name.</param>
/// <param name="Quarantined">Versions whose loads crashed processes, with the reason.</param>
public sealed record ClusterStatus(ImmutableArray<SiloStatus> Silos, ImmutableArray<QuarantinedVersion> Quarantined);

/// <summary>A version that is no longer loaded because loading it crashed processes.</summary>
public sealed record QuarantinedVersion(ModelId Model, string Reason);

/// <summary>One replica.</summary>
/// <param name="Model">The version it serves.</param>
/// <param name="Index">The index of the replica within its version, from 0.</param>
/// <param name="IsLoaded">True while the version is in the memory of its silo.</param>
public sealed record ReplicaStatus(ModelId Model, int Index, bool IsLoaded);
