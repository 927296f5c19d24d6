namespace Krewe.Abstractions;

/// <summary>One replica.</summary>
/// <param name="Model">The version it serves.</param>
/// <param name="Index">Which of the version's replicas it is, from 0.</param>
/// <param name="IsLoaded">The version is in its silo's memory.</param>
public sealed record ReplicaStatus(ModelId Model, int Index, bool IsLoaded);
