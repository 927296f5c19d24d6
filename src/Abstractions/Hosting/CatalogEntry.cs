using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Hosting;

/// <summary>
/// One version in a process's repository, as far as placement and routing need to know it: the one form from the process that has the files
/// to the callers' snapshots.
/// </summary>
public sealed record CatalogEntry
{
    /// <summary>The model.</summary>
    public required ModelName Name { get; init; }

    /// <summary>The version; null for a model that has none that can be served.</summary>
    public required ModelVersion? Version { get; init; }

    /// <summary>
    /// The expected memory of a load, in bytes: measured if it was loaded before, else estimated from its files.
    /// </summary>
    public long EstimatedBytes { get; init; }

    /// <summary>The required execution provider; null for any.</summary>
    public ExecutionProvider? RequiredProvider { get; init; }

    /// <summary>The execution provider its settings name, which it is better off with; null for none.</summary>
    public ExecutionProvider? PreferredProvider { get; init; }

    /// <summary>The configured range of replicas.</summary>
    public ReplicaRange Replicas { get; init; }

    /// <summary>Why it cannot serve: an invalid artifact, or a failed load here; empty if it can.</summary>
    public string Error { get; init; } = "";

    /// <summary>A fingerprint of the files by size and time. It should be equal on every silo.</summary>
    public string Artifact { get; init; } = "";
}

/// <summary>The configured minimum and maximum of a version's replicas.</summary>
public readonly record struct ReplicaRange(int Min, int Max)
{
    /// <summary>The default: one replica while there are calls.</summary>
    public static ReplicaRange Default { get; } = new(0, 1);
}
