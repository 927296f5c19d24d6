using FsCheck;
using FsCheck.Fluent;

namespace Krewe.Rollouts.Tests;

public sealed class LatencyRanksTests
{
    [Fact]
    public void A_rank_is_never_below_the_duration_it_stands_for() => Check.QuickThrowOnFailure(Prop.ForAll(Durations(), times =>
    {
        var (histogram, ordered) = (Of(times), times.Order().ToArray());
        return Enumerable.Range(1, ordered.Length).All(rank =>
            histogram.DurationAt(rank) > ordered[rank - 1] && histogram.DurationAt(rank) <= (ordered[rank - 1] * 17 / 16) + TimeSpan.FromMicroseconds(1));
    }));

    [Fact]
    public void Only_what_surely_took_so_long_is_counted() => Check.QuickThrowOnFailure(Prop.ForAll(Durations(), Durations(), (times, cuts) =>
    {
        var histogram = Of(times);
        return cuts.All(cut => histogram.CountFrom(cut) <= times.Count(time => time >= cut)
            && histogram.CountFrom(cut) >= times.Count(time => time >= (cut * 17 / 16) + TimeSpan.FromMicroseconds(1)));
    }));

    [Fact]
    public void A_rank_beyond_the_last_is_refused() =>
        Assert.Throws<ArgumentOutOfRangeException>(() => Of([TimeSpan.FromSeconds(1)]).DurationAt(2));

    private static Arbitrary<TimeSpan[]> Durations() => Gen.Choose(0, 3_000_000).Select(x => TimeSpan.FromMicroseconds(x)).NonEmptyListOf().Select(x => x.ToArray()).ToArbitrary();

    private static LatencyHistogram Of(TimeSpan[] times) =>
        times.Aggregate(LatencyHistogram.Empty, (sum, time) => sum.Add(Some.Histogram(1, time)));
}
