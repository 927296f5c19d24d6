namespace Krewe.Access.Limits.Leases;

/// <summary>
/// Who holds which share of which limit. A share grows only by what others do not hold, so that shares never add up to more than the limit;
/// it shrinks when its holder asks again. For a while after its start it only writes down what is held: it does not know all holders yet.
/// </summary>
internal sealed class ShareBook(TimeProvider time)
{
    /// <summary>How long a process that does not ask again keeps its shares.</summary>
    public static readonly TimeSpan Lifetime = TimeSpan.FromSeconds(3);

    private static readonly TimeSpan Learning = TimeSpan.FromSeconds(1);
    private readonly Dictionary<string, long> processes = [];
    private readonly Dictionary<string, SharedLimit> limits = [];
    private readonly long startedAt = time.GetTimestamp();
    private long sweptAt = time.GetTimestamp();

    /// <summary>The limits that are held.</summary>
    public int Count => limits.Count;

    private bool IsLearning => time.GetElapsedTime(startedAt) < Learning;

    /// <summary>The shares of a process, in the order of its demands.</summary>
    public LimitLeases Lease(LimitPoll poll)
    {
        var now = time.GetTimestamp();
        Sweep(now);
        processes[poll.Process] = now;
        return new LimitLeases(processes.Count, [.. poll.Demands.Select(demand => Share(poll, demand, now))]);
    }

    private LimitShare Share(LimitPoll poll, LimitDemand demand, long now)
    {
        if (!limits.TryGetValue(demand.Subject, out var limit))
        {
            limits[demand.Subject] = limit = new SharedLimit();
        }

        if (poll.Sequence >= limit.Sequence)
        {
            (limit.Sequence, limit.Whole) = (poll.Sequence, demand.Whole);
        }

        if (demand.IsLast)
        {
            limit.Holders.Remove(poll.Process);
            return default;
        }

        limit.Holders[poll.Process] = new Holder(demand, demand.Held ?? default, now);
        var share = demand.Held is { } held ? IsLearning ? held : limit.Divide(poll.Process)

            // Others may be using their equal parts without having said so yet.
            : IsLearning ? EqualPart(limit.Whole) : Less(limit.Divide(poll.Process), EqualPart(limit.Whole));
        limit.Holders[poll.Process] = new Holder(demand, share, now);
        return share;
    }

    private LimitShare EqualPart(LimitShare whole) =>
        new(whole.Rate / processes.Count, Math.Max(1, whole.Slots / processes.Count));

    private static LimitShare Less(LimitShare one, LimitShare other) =>
        new(Math.Min(one.Rate, other.Rate), Math.Min(one.Slots, other.Slots));

    private void Sweep(long now)
    {
        if (time.GetElapsedTime(sweptAt, now) < Lifetime / 3)
        {
            return;
        }

        sweptAt = now;
        foreach (var (process, _) in processes.Where(one => IsOver(one.Value)).ToList())
        {
            processes.Remove(process);
        }

        foreach (var (subject, limit) in limits.ToList())
        {
            foreach (var (process, _) in limit.Holders.Where(one => IsOver(one.Value.SeenAt)).ToList())
            {
                limit.Holders.Remove(process);
            }

            if (limit.Holders.Count == 0)
            {
                limits.Remove(subject);
            }
        }

        bool IsOver(long seenAt) => time.GetElapsedTime(seenAt, now) >= Lifetime;
    }

    private sealed record Holder(LimitDemand Demand, LimitShare Share, long SeenAt);

    private sealed class SharedLimit
    {
        public long Sequence { get; set; } = -1;

        public LimitShare Whole { get; set; }

        public Dictionary<string, Holder> Holders { get; } = [];

        public LimitShare Divide(string process)
        {
            var mine = Holders[process].Demand;
            var others = Holders.Where(one => one.Key != process).Select(static one => one.Value).ToList();
            var rate = FairShare.Of(Whole.Rate, [.. Holders.Values.Select(static one => one.Demand.WantedRate)], mine.WantedRate);
            var slots = FairShare.Of(
                Whole.Slots, [.. Holders.Values.Select(static one => (double)one.Demand.WantedSlots)], mine.WantedSlots);
            var (freeRate, freeSlots) = (
                Whole.Rate - others.Sum(static one => one.Share.Rate),
                Whole.Slots - others.Sum(static one => Math.Max(one.Share.Slots, one.Demand.UsedSlots)));
            return new LimitShare(
                Math.Clamp(rate, 0, Math.Max(0, freeRate)), Math.Clamp((int)Math.Ceiling(slots), 0, Math.Max(0, freeSlots)));
        }
    }
}
