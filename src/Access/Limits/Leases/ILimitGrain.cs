using System.Collections.Immutable;

namespace Krewe.Access.Limits.Leases;

/// <summary>Divides the limits of a cluster among its processes: one grain, without stored state.</summary>
[Alias("krewe.limit-grain")]
internal interface ILimitGrain : IGrainWithStringKey
{
    /// <summary>The only key of this grain.</summary>
    const string Key = "cluster";

    /// <summary>Leases a share for each demand, for <see cref="ShareBook.Lifetime"/> from when it was asked for.</summary>
    [Alias("lease")]
    Task<LimitLeases> LeaseAsync(LimitPoll poll);
}

/// <summary>The demands of a process.</summary>
/// <param name="Process">A name that no other process has.</param>
/// <param name="Sequence">The number of changes that led to the limits that it knows.</param>
/// <param name="Demands">Of the limits that are in use.</param>
[GenerateSerializer, Immutable, Alias("krewe.limit-poll")]
internal sealed record LimitPoll(
    [property: Id(0)] string Process, [property: Id(1)] long Sequence, [property: Id(2)] ImmutableArray<LimitDemand> Demands);

/// <summary>The answer to a poll.</summary>
/// <param name="Processes">How many processes share the limits.</param>
/// <param name="Shares">One for each demand.</param>
[GenerateSerializer, Immutable, Alias("krewe.limit-leases")]
internal sealed record LimitLeases([property: Id(0)] int Processes, [property: Id(1)] ImmutableArray<LimitShare> Shares);
