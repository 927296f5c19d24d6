namespace Krewe.Abstractions;

/// <summary>How often something happened, and how long it took in all.</summary>
public readonly record struct DurationStatistic(long Count, long TotalNanoseconds);
