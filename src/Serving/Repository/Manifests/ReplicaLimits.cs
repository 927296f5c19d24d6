namespace Krewe.Serving;

/// <summary>How many copies of a version a cluster keeps, at least and at most.</summary>
internal readonly record struct ReplicaLimits(int Min, int Max);
