namespace Krewe.Grains;

/// <summary>What was last heard of a replica.</summary>
/// <param name="Waiting">Requests that waited, on average.</param>
/// <param name="CallsPerSecond">Calls it answered in a second.</param>
/// <param name="At">When that was heard, counted from the state's start.</param>
internal readonly record struct ReplicaLoad(double Waiting, double CallsPerSecond, TimeSpan At);
