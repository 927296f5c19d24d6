using System.Diagnostics.Metrics;
using Prometheus;
using Tag = System.Collections.Generic.KeyValuePair<string, object?>;

namespace Krewe.Telemetry;

/// <summary>One reading of observable instruments, in its own registry: series that ended are not in it.</summary>
internal sealed class PrometheusReading
{
    private static readonly CounterConfiguration DeclaredCounter = new() { SuppressInitialValue = true };
    private static readonly GaugeConfiguration DeclaredGauge = new() { SuppressInitialValue = true };
    private readonly Dictionary<string, HashSet<Tag[]>> tagsByMeter = [];
    private readonly MetricFactory metrics;

    /// <summary>Declares the instruments, so that those without series appear too.</summary>
    public PrometheusReading(IEnumerable<Instrument> instruments)
    {
        metrics = Metrics.WithCustomRegistry(Registry);
        foreach (var instrument in instruments)
        {
            tagsByMeter.TryAdd(instrument.Meter.Name, new HashSet<Tag[]>(TagsComparer.Instance));
            _ = IsCounter(instrument)
                ? (Collector)metrics.CreateCounter(instrument.Name, instrument.Description ?? "", DeclaredCounter)
                : metrics.CreateGauge(instrument.Name, instrument.Description ?? "", DeclaredGauge);
        }
    }

    /// <summary>What was read.</summary>
    public CollectorRegistry Registry { get; } = Metrics.NewCustomRegistry();

    /// <summary>Adds a counter that is not an instrument of its own.</summary>
    public void AddCounts(string name, string help, IEnumerable<(Tag[] Tags, long Count)> counts)
    {
        metrics.CreateCounter(name, help, DeclaredCounter);
        foreach (var (tags, count) in counts)
        {
            var (names, values) = TagsComparer.Split(tags);
            metrics.CreateCounter(name, help, names, DeclaredCounter).WithLabels(values).IncTo(count);
        }
    }

    /// <summary>Whether an instrument of a meter has reported with just these tags.</summary>
    public bool HasTags(string meter, Tag[] tags) => tagsByMeter.TryGetValue(meter, out var seen) && seen.Contains(tags);

    /// <summary>An instrument reports a value; one of another meter is left out.</summary>
    public void Add(Instrument instrument, double value, ReadOnlySpan<Tag> tags)
    {
        if (!tagsByMeter.TryGetValue(instrument.Meter.Name, out var seen))
        {
            return;
        }

        seen.GetAlternateLookup<ReadOnlySpan<Tag>>().Add(tags);
        var (names, values) = TagsComparer.Split(tags);
        if (IsCounter(instrument))
        {
            metrics.CreateCounter(instrument.Name, instrument.Description ?? "", names, DeclaredCounter).WithLabels(values).IncTo(value);
        }
        else
        {
            metrics.CreateGauge(instrument.Name, instrument.Description ?? "", names, DeclaredGauge).WithLabels(values).Set(value);
        }
    }

    private static bool IsCounter(Instrument instrument) => instrument is ObservableCounter<long> or ObservableCounter<double>;
}
