namespace Krewe.Rollouts;

/// <summary>One change of a model's traffic.</summary>
/// <param name="Revision">The revision it made.</param>
/// <param name="At">When.</param>
/// <param name="Actor">Who.</param>
/// <param name="What">What was done, in words.</param>
/// <param name="Why">For what reason; may be empty.</param>
public sealed record HistoryEntry(long Revision, DateTimeOffset At, string Actor, string What, string Why);
