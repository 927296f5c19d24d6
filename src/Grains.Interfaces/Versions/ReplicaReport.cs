using Krewe.Abstractions.Hosting;

namespace Krewe.Grains.Interfaces.Versions;

/// <summary>One replica's load since its last report.</summary>
/// <param name="Index">The replica.</param>
/// <param name="Silo">Its silo.</param>
/// <param name="Waiting">Average queue depth since the last report, in requests.</param>
/// <param name="Calls">Calls answered since the last report.</param>
/// <param name="Range">The version's configured range.</param>
[GenerateSerializer, Immutable, Alias("krewe.replica-report")]
public sealed record ReplicaReport(
    [property: Id(0)] int Index, [property: Id(1)] string Silo, [property: Id(2)] double Waiting, [property: Id(3)] long Calls,
    [property: Id(4)] ReplicaRange Range);

/// <summary>How many replicas callers may choose from: those with an index below <see cref="Count"/>.</summary>
[GenerateSerializer, Immutable, Alias("krewe.replica-plan")]
public readonly record struct ReplicaPlan([property: Id(0)] int Count);
