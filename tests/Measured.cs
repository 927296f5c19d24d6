using System.Collections.Concurrent;
using System.Diagnostics.Metrics;

namespace Krewe;

/// <summary>A host's factory of meters, and what its instruments measure.</summary>
internal sealed class Measured : IMeterFactory
{
    private readonly ConcurrentDictionary<string, Meter> meters = new();
    private readonly ConcurrentDictionary<(string Name, string Tags), double> observed = new();
    private readonly ConcurrentDictionary<(string Name, string Tags), double> recorded = new();
    private readonly MeterListener listener = new();
    private readonly ConcurrentQueue<string> instruments = new();

    public Measured()
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == this)
            {
                instruments.Enqueue(instrument.Name);
                self.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Set(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Set(instrument, value, tags));
        listener.Start();
    }

    /// <summary>The names of all instruments.</summary>
    public IReadOnlyCollection<string> Instruments => instruments;

    public Meter Create(MeterOptions options) => meters.GetOrAdd(options.Name, name => new Meter(new MeterOptions(name) { Scope = this }));

    /// <summary>What an instrument shows now, by the values of its tags: its values, or of a histogram how often it was recorded.</summary>
    public IReadOnlyDictionary<string, double> Read(string instrument)
    {
        observed.Clear();
        listener.RecordObservableInstruments();
        return observed.Concat(recorded).Where(pair => pair.Key.Name == instrument).ToDictionary(static pair => pair.Key.Tags, static pair => pair.Value);
    }

    public void Dispose()
    {
        listener.Dispose();
        foreach (var meter in meters.Values)
        {
            meter.Dispose();
        }
    }

    private void Set(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
    {
        var key = (instrument.Name, string.Join(',', tags.ToArray().Select(static tag => tag.Value)));
        _ = instrument.IsObservable ? observed[key] = value : recorded.AddOrUpdate(key, 1, static (_, known) => known + 1);
    }
}
