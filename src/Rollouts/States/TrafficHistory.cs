namespace Krewe.Rollouts;

/// <summary>Makes the next revision, with its line in the history.</summary>
internal static class TrafficHistory
{
    public static ModelTraffic Add(ModelTraffic traffic, ChangeAuthor author, string what)
    {
        var entry = new HistoryEntry(traffic.Revision + 1, author.At, author.Actor, what, author.Why);
        var kept = traffic.History.Length < ModelTraffic.MaxHistory ? traffic.History : traffic.History.RemoveAt(0);
        return traffic with { Revision = entry.Revision, History = kept.Add(entry) };
    }
}
