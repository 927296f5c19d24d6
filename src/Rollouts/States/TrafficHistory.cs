namespace Krewe.Rollouts.States;

/// <summary>Makes the next revision, with its history entry.</summary>
internal static class TrafficHistory
{
    public static ModelTraffic Add(ModelTraffic traffic, ChangeAuthor author, string what)
    {
        var entry = new HistoryEntry(traffic.Revision + 1, author.At, author.Actor, what, author.Why);
        var kept = traffic.History.Length < ModelTraffic.MaxHistory ? traffic.History : traffic.History.RemoveAt(0);
        return traffic with { Revision = entry.Revision, History = kept.Add(entry) };
    }
}

/// <summary>One change of a model's traffic.</summary>
/// <param name="Revision">The revision it made.</param>
/// <param name="At">The time.</param>
/// <param name="Actor">The actor.</param>
/// <param name="What">The change, as text.</param>
/// <param name="Why">The reason; may be empty.</param>
public sealed record HistoryEntry(
    [property: JsonPropertyName("revision")] long Revision,
    [property: JsonPropertyName("at")] DateTimeOffset At,
    [property: JsonPropertyName("actor")] string Actor,
    [property: JsonPropertyName("what")] string What,
    [property: JsonPropertyName("why")] string Why);
