using FsCheck;
using FsCheck.Fluent;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Tests.Deciding;

namespace Krewe.Rollouts.Tests.Counting;

public sealed class LatencyHistogramTests
{
    [Fact]
    public void A_bucket_is_at_most_a_sixteenth_wider_than_what_it_holds() => Properties.Hold(Prop.ForAll(Microseconds(), microseconds =>
    {
        var duration = TimeSpan.FromMicroseconds(microseconds);
        var bucket = LatencyHistogram.BucketOf(duration);
        var begin = bucket == 0 ? TimeSpan.Zero : LatencyHistogram.UpperBound(bucket - 1);
        return bucket is >= 0 and < LatencyHistogram.Buckets && begin <= duration && duration < LatencyHistogram.UpperBound(bucket)
            && LatencyHistogram.UpperBound(bucket) - begin <= TimeSpan.FromMicroseconds(Math.Max(1, microseconds / 16));
    }));

    [Fact]
    public void What_is_out_of_range_has_a_bucket_too()
    {
        Assert.Equal(0, LatencyHistogram.BucketOf(TimeSpan.FromSeconds(-1)));
        Assert.Equal(LatencyHistogram.Buckets - 1, LatencyHistogram.BucketOf(TimeSpan.MaxValue));
    }

    [Fact]
    public void A_quantile_is_the_bucket_of_the_call_of_that_rank() => Properties.Hold(Prop.ForAll(
        Microseconds().Generator.NonEmptyListOf().ToArbitrary(), Gen.Choose(0, 1000).ToArbitrary(), (times, permille) =>
        {
            var histogram = times.Aggregate(LatencyHistogram.Empty, (sum, time) => sum.Add(Some.Histogram(1, TimeSpan.FromMicroseconds(time))));
            var rank = Math.Max(1, (int)Math.Ceiling(permille / 1000.0 * times.Count));
            var time = TimeSpan.FromMicroseconds(times.Order().ElementAt(rank - 1));
            return histogram.Total == times.Count
                && histogram.Quantile(permille / 1000.0) == LatencyHistogram.UpperBound(LatencyHistogram.BucketOf(time));
        }));

    [Fact]
    public void What_was_added_is_what_came_since() => Properties.Hold(Prop.ForAll(
        Microseconds().Generator.ListOf().ToArbitrary(), Microseconds().Generator.ListOf().ToArbitrary(), (before, later) =>
        {
            var (first, second) = (Count(before), Count(later));
            return first.Add(second).Since(first).Equals(Trim(second, first)) && second.Add(first).Equals(first.Add(second));
        }));

    [Fact]
    public void Without_calls_there_is_no_quantile() => Assert.Null(LatencyHistogram.Empty.Quantile(0.5));

    private static Arbitrary<long> Microseconds() => Gen.OneOf(
        Gen.Choose(0, 100).Select(x => (long)x), Gen.Choose(0, 10_000_000).Select(x => (long)x), Gen.Choose(0, int.MaxValue).Select(x => 2L * x)).ToArbitrary();

    private static LatencyHistogram Count(IEnumerable<long> microseconds)
    {
        var counter = new LatencyCounter();
        foreach (var time in microseconds)
        {
            counter.Add(TimeSpan.FromMicroseconds(time));
        }

        return counter.Read();
    }

    // A reading ends with the last bucket that has calls; what is left of a longer one has zeros behind.
    private static LatencyHistogram Trim(LatencyHistogram histogram, LatencyHistogram length) => new()
    {
        Counts = [.. histogram.Counts, .. new long[Math.Max(0, length.Counts.Length - histogram.Counts.Length)]],
    };
}
