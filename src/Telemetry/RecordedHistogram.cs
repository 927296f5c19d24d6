using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Prometheus;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Krewe.Telemetry;

/// <summary>
/// The series of a histogram, added up by prometheus-net. Recording neither allocates nor takes a lock once a series is there, which
/// finding it by prometheus-net's labels does.
/// </summary>
internal sealed class RecordedHistogram
{
    private static readonly ExemplarBehavior NoExemplars = ExemplarBehavior.NoExemplars();
    private readonly ConcurrentDictionary<Tag[], Series> series = new(TagsComparer.Instance);
    private readonly ConcurrentDictionary<Tag[], Series>.AlternateLookup<ReadOnlySpan<Tag>> seriesOf;
    private readonly Histogram<double> instrument;
    private readonly HistogramConfiguration configuration;
    private readonly string? counter;

    public RecordedHistogram(Histogram<double> instrument)
    {
        this.instrument = instrument;
        seriesOf = series.GetAlternateLookup<ReadOnlySpan<Tag>>();
        configuration = new HistogramConfiguration
        {
            Buckets = [.. instrument.Advice!.HistogramBucketBoundaries!],
            ExemplarBehavior = NoExemplars,

            // One whose list of tags is empty, not absent, is there before anything was recorded.
            SuppressInitialValue = instrument.Tags is null || instrument.Tags.Any(),
        };

        // KreweTelemetry.CounterTag, of a project that this one does not refer to.
        counter = (string?)instrument.Tags?.FirstOrDefault(static tag => tag.Key == "counter").Value;
    }

    /// <summary>The name of its meter.</summary>
    public string Meter => instrument.Meter.Name;

    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    public void Record(double value, ReadOnlySpan<Tag> tags) =>
        (seriesOf.TryGetValue(tags, out var known) ? known : Add(tags)).Histogram.Observe(value);

    /// <summary>Makes the histogram known where it has no series.</summary>
    public void Declare() => Create([]);

    /// <summary>
    /// Adds the counter of this histogram's counts to a reading, if it has one. Removes series whose end an observable instrument of the
    /// same meter shows: it reported with the same tags, and does so no more.
    /// </summary>
    public void AddTo(PrometheusReading reading)
    {
        Declare();
        if (counter is not null)
        {
            reading.AddCounts(counter, $"The count of {instrument.Name}", series.Select(static one => (one.Key, one.Value.Histogram.Count)));
        }

        foreach (var (tags, one) in series)
        {
            var isThere = reading.HasTags(Meter, tags);
            if (one.WasObserved && !isThere && series.TryRemove(tags, out _))
            {
                one.Histogram.Remove();
            }

            one.WasObserved = isThere;
        }
    }

    private Series Add(ReadOnlySpan<Tag> tags)
    {
        var (names, values) = TagsComparer.Split(tags);
        return series.GetOrAdd(tags.ToArray(), new Series(Create(names).WithLabels(values)));
    }

    private Histogram Create(string[] names) =>
        Metrics.WithCustomRegistry(Registry).CreateHistogram(instrument.Name, instrument.Description ?? "", names, configuration);

    private sealed class Series(Histogram.Child histogram)
    {
        public Histogram.Child Histogram => histogram;

        public bool WasObserved { get; set; }
    }
}
