using FsCheck;
using FsCheck.Fluent;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Guarding;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Guarding;

public sealed class LatencyRanksTests
{
    [Fact]
    public void Only_what_surely_took_so_long_is_counted() => Properties.Hold(Prop.ForAll(Durations(), Durations(), (times, cuts) =>
    {
        var histogram = Of(times);
        return cuts.All(cut => histogram.CountFrom(cut) <= times.Count(time => time >= cut)
            && histogram.CountFrom(cut) >= times.Count(time => time >= (cut * 17 / 16) + TimeSpan.FromMicroseconds(1)));
    }));

    private static Arbitrary<TimeSpan[]> Durations() => Gen.Choose(0, 3_000_000).Select(x => TimeSpan.FromMicroseconds(x)).NonEmptyListOf().Select(x => x.ToArray()).ToArbitrary();

    private static LatencyHistogram Of(TimeSpan[] times) =>
        times.Aggregate(LatencyHistogram.Empty, (sum, time) => sum.Add(Some.Histogram(1, time)));
}
