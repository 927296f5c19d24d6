using Krewe.Api.Metrics;

namespace Krewe.Api.Tests.Metrics;

public sealed class RouteCountersTests
{
    private readonly RouteCounters counters = new("GET", "/v2", 1_000_000);

    [Fact]
    public void Requests_are_counted_by_status_class()
    {
        foreach (var status in new[] { 200, 204, 404, 499, 503, 101 })
        {
            counters.Record(status, 1);
        }

        Assert.Equal(6, counters.Total);
        Assert.Equal(
            [("1xx", 1), ("2xx", 2), ("4xx", 2), ("5xx", 1)],
            counters.ReadCounts().Select(sample => (sample.Labels.Single(label => label.Key == "status").Value, (int)sample.Value)));
    }

    [Fact]
    public void Durations_fall_into_cumulative_buckets()
    {
        counters.Record(200, 250);
        counters.Record(200, 251);
        counters.Record(200, 20_000_000);
        var samples = counters.ReadDurations().ToList();
        Assert.Equal(1, Bucket("0.00025"));
        Assert.Equal(2, Bucket("0.0005"));
        Assert.Equal(2, Bucket("10"));
        Assert.Equal(3, Bucket("+Inf"));
        Assert.Equal(3, samples.Single(sample => sample.Suffix == "_count").Value);
        Assert.Equal(20.000501, samples.Single(sample => sample.Suffix == "_sum").Value, 9);

        double Bucket(string le) => samples.Single(sample => sample.Labels.Any(label => label.Key == "le" && label.Value == le)).Value;
    }

    [Fact]
    public void Recording_does_not_allocate()
    {
        counters.Record(200, 1);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 1000; i++)
        {
            counters.Record(200, i);
        }

        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }
}
