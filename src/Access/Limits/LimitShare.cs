namespace Krewe.Access.Limits;

/// <summary>The part of a limit that a process may use.</summary>
/// <param name="Rate">Requests per second.</param>
/// <param name="Slots">Requests under way.</param>
[GenerateSerializer, Immutable, Alias("krewe.limit-share")]
internal readonly record struct LimitShare([property: Id(0)] double Rate, [property: Id(1)] int Slots);

/// <summary>What a process wants of a limit, by what was asked of it.</summary>
/// <param name="Subject">The key or tenant that is limited.</param>
/// <param name="Whole">The limit itself: requests per second, and under way.</param>
/// <param name="WantedRate">Requests per second that were asked for, and what fills the burst again in a second.</param>
/// <param name="WantedSlots">The most requests that were or would have been under way.</param>
/// <param name="UsedSlots">Requests under way now.</param>
/// <param name="Held">The share that the process has; null for none.</param>
/// <param name="IsLast">True if the process gives its share back: nothing is asked any more.</param>
[GenerateSerializer, Immutable, Alias("krewe.limit-demand")]
internal sealed record LimitDemand(
    [property: Id(0)] string Subject, [property: Id(1)] LimitShare Whole, [property: Id(2)] double WantedRate,
    [property: Id(3)] int WantedSlots, [property: Id(4)] int UsedSlots, [property: Id(5)] LimitShare? Held,
    [property: Id(6)] bool IsLast);
