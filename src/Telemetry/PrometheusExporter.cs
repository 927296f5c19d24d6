using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Numerics;
using Microsoft.Extensions.Hosting;

namespace Krewe.Telemetry;

/// <summary>
/// Writes what Krewe's meters of one host measure as Prometheus text, by prometheus-net. Its own adapter for meters will not do: it makes
/// gauges of counters, adds to help texts, and keeps series for minutes after they have ended. Observable instruments are asked at each
/// reading; histograms are added up from the start of the host on.
/// </summary>
public sealed class PrometheusExporter : IHostedService, IDisposable
{
    /// <summary>The type of what is written.</summary>
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly MeterListener listener = new();
    private readonly ConcurrentQueue<Instrument> observables = new();
    private readonly ConcurrentQueue<RecordedHistogram> histograms = new();
    private readonly Lock reading = new();
    private PrometheusReading? current;

    /// <summary>Listens to meters that this factory made.</summary>
    public PrometheusExporter(IMeterFactory meters)
    {
        listener.InstrumentPublished = (instrument, self) =>
        {
            if (instrument.Meter.Scope == meters && instrument.Meter.Name.StartsWith("Krewe.", StringComparison.Ordinal))
            {
                self.EnableMeasurementEvents(instrument, Add(instrument));
            }
        };
        listener.SetMeasurementEventCallback<long>(Measured);
        listener.SetMeasurementEventCallback<double>(Measured);
        listener.Start();
    }

    /// <summary>Writes the instruments of those meters that are wanted, by name.</summary>
    public async Task WriteAsync(Stream output, Predicate<string> isWanted, CancellationToken cancellationToken)
    {
        PrometheusReading read;
        var recorded = histograms.Where(histogram => isWanted(histogram.Meter)).ToArray();
        lock (reading)
        {
            current = read = new PrometheusReading(observables.Where(instrument => isWanted(instrument.Meter.Name)));
            listener.RecordObservableInstruments();
            Array.ForEach(recorded, histogram => histogram.AddTo(read));
        }

        await read.Registry.CollectAndExportAsTextAsync(output, cancellationToken);
        foreach (var histogram in recorded)
        {
            await histogram.Registry.CollectAndExportAsTextAsync(output, cancellationToken);
        }
    }

    /// <summary>Warms up prometheus-net, so that no request waits for its first compilation.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _ = Task.Run(() => Array.ForEach(histograms.ToArray(), static histogram => histogram.Declare()), CancellationToken.None);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public void Dispose() => listener.Dispose();

    private RecordedHistogram? Add(Instrument instrument)
    {
        if (instrument is Histogram<double> histogram)
        {
            var recorded = new RecordedHistogram(histogram);
            histograms.Enqueue(recorded);
            return recorded;
        }

        observables.Enqueue(instrument.IsObservable ? instrument : throw new NotSupportedException(
            $"'{instrument.Name}' is neither observable nor a histogram of doubles"));
        return null;
    }

    private void Measured<T>(Instrument instrument, T value, ReadOnlySpan<KeyValuePair<string, object?>> tags, object? state)
        where T : struct, INumber<T>
    {
        if (state is RecordedHistogram histogram)
        {
            histogram.Record(double.CreateTruncating(value), tags);
        }
        else
        {
            current!.Add(instrument, double.CreateTruncating(value), tags);
        }
    }
}
