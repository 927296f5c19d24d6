using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Text;
using Krewe.Abstractions.Telemetry;
using Krewe.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Api.Tests.Metrics;

public sealed class PrometheusExporterTests : IDisposable
{
    private readonly IMeterFactory meters = CreateFactory();
    private readonly PrometheusExporter exporter;
    private readonly Meter meter;

    public PrometheusExporterTests() => (exporter, meter) = (new PrometheusExporter(meters), meters.Create("Krewe.Silo"));

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        exporter.Dispose();
        meters.Dispose();
    }

    [Fact]
    public async Task A_family_is_help_type_and_series_and_nothing_else()
    {
        meter.CreateObservableCounter("nv_inference_count", () => new Measurement<long>(3, Tags("m", "1")), "rows", "Inferences");
        meter.CreateObservableGauge("krewe_ratio", () => 0.25, description: "A share");
        meter.CreateObservableGauge("krewe_nothing", () => Array.Empty<Measurement<long>>(), description: "Nothing yet");

        Assert.Equal(
            """
            # HELP nv_inference_count Inferences
            # TYPE nv_inference_count counter
            nv_inference_count{model="m",version="1"} 3
            # HELP krewe_ratio A share
            # TYPE krewe_ratio gauge
            krewe_ratio 0.25
            # HELP krewe_nothing Nothing yet
            # TYPE krewe_nothing gauge

            """,
            await WriteAsync());
    }

    [Fact]
    public async Task A_histogram_counts_what_was_recorded_before_anybody_asked()
    {
        var took = Histogram("krewe_seconds");
        took.Record(0.5, Tags("m", "1"));
        took.Record(2, Tags("m", "1"));
        took.Record(9, Tags("m", "1"));

        var family = PrometheusParser.Parse(await WriteAsync())["krewe_seconds"];

        Assert.Equal("histogram", family.Type);
        Assert.Equal(
            ["_bucket +Inf 3", "_bucket 1 1", "_bucket 2 2", "_count  3", "_sum  11.5"],
            family.Samples.Select(static sample => $"{sample.Name["krewe_seconds".Length..]} {sample.Labels.GetValueOrDefault("le")} {sample.Value}").Order(StringComparer.Ordinal));
    }

    /// <summary>Whether a histogram has labels shows when it is first recorded; one that says that it has none is zero until then.</summary>
    [Fact]
    public async Task A_histogram_without_labels_is_there_from_the_start()
    {
        Histogram("krewe_labelled");
        meter.CreateHistogram("krewe_plain", tags: [], advice: Bounds());

        var families = PrometheusParser.Parse(await WriteAsync());

        Assert.Empty(families["krewe_labelled"].Samples);
        Assert.Equal(5, families["krewe_plain"].Samples.Count);
    }

    /// <summary>What is counted by a histogram is counted once, and shown as a counter too where it names one.</summary>
    [Fact]
    public async Task A_histogram_that_names_a_counter_is_exported_as_both()
    {
        var took = meter.CreateHistogram("krewe_seconds", tags: [new(KreweTelemetry.CounterTag, "krewe_calls_total")], advice: Bounds());
        Assert.Empty(PrometheusParser.Parse(await WriteAsync())["krewe_calls_total"].Samples);

        took.Record(0.5, Tags("m", "1"));
        took.Record(9, Tags("m", "1"));
        took.Record(9, Tags("m", "2"));

        var families = PrometheusParser.Parse(await WriteAsync());
        Assert.Equal(("counter", "histogram"), (families["krewe_calls_total"].Type, families["krewe_seconds"].Type));
        Assert.Equal(["m,1 2", "m,2 1"], families["krewe_calls_total"].Samples.Select(static sample => $"{string.Join(',', sample.Labels.Values)} {sample.Value}").Order());
        Assert.Equal(10, families["krewe_seconds"].Samples.Count);
    }

    [Theory]
    [InlineData("plain")]
    [InlineData("a\"b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("\\n\"\\\n")]
    [InlineData("größe, }=")]
    public async Task A_label_comes_back_as_it_was(string value)
    {
        meter.CreateObservableGauge("g", () => new Measurement<long>(1, Tags(value, "v")));

        var parsed = PrometheusParser.Parse(await WriteAsync())["g"];

        Assert.Equal(new Dictionary<string, string> { ["model"] = value, ["version"] = "v" }, Assert.Single(parsed.Samples).Labels);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(-0.25)]
    [InlineData(1234567890123456789)]
    [InlineData(0.000012)]
    [InlineData(1e300)]
    [InlineData(5e-324)]
    public async Task A_number_keeps_its_value(double value)
    {
        meter.CreateObservableGauge("g", () => value);

        Assert.Equal(value, Assert.Single(PrometheusParser.Parse(await WriteAsync())["g"].Samples).Value);
    }

    [Fact]
    public async Task Series_of_a_removed_version_are_gone_at_the_next_reading_and_others_stay()
    {
        var versions = new List<string> { "1", "2" };
        meter.CreateObservableCounter("nv_inference_exec_count", () => versions.Select(static version => new Measurement<long>(1, Tags("m", version))));
        var sizes = Histogram("krewe_batch_size");
        sizes.Record(1, Tags("m", "1"));
        sizes.Record(1, Tags("m", "2"));

        // Of another meter, and so of no account for this one.
        meters.Create("Krewe.Routing").CreateObservableCounter("krewe_shadow_compared_total", () => new Measurement<long>(1, Tags("m", "1")));
        Assert.Contains("krewe_batch_size_count{model=\"m\",version=\"1\"} 1", await WriteAsync());

        versions.Remove("1");
        var text = await WriteAsync();
        Assert.DoesNotContain("nv_inference_exec_count{model=\"m\",version=\"1\"}", text);
        Assert.DoesNotContain("krewe_batch_size_count{model=\"m\",version=\"1\"}", text);
        Assert.Contains("krewe_batch_size_count{model=\"m\",version=\"2\"} 1", text);

        versions.Add("1");
        sizes.Record(1, Tags("m", "1"));
        Assert.Contains("krewe_batch_size_count{model=\"m\",version=\"1\"} 1", await WriteAsync());
    }

    /// <summary>Not known to be of a version that is there, so not known to be of one that is gone.</summary>
    [Fact]
    public async Task A_histogram_of_which_no_other_instrument_tells_stays()
    {
        var took = Histogram("krewe_http_request_duration_seconds");
        took.Record(1, Tags("m", "1"));

        await WriteAsync();
        Assert.Contains("krewe_http_request_duration_seconds_count{model=\"m\",version=\"1\"} 1", await WriteAsync());
    }

    [Fact]
    public async Task Hosts_of_one_process_do_not_show_each_others_metrics()
    {
        using var others = CreateFactory();
        using var other = new PrometheusExporter(others);
        meter.CreateObservableGauge("krewe_mine", () => 1L);
        var theirs = others.Create("Krewe.Silo");
        theirs.CreateObservableGauge("krewe_theirs", () => 1L);
        theirs.CreateHistogram("krewe_seconds", advice: Bounds()).Record(1);

        Assert.Equal(["krewe_mine"], PrometheusParser.Parse(await WriteAsync()).Keys);
        Assert.Equal(["krewe_theirs", "krewe_seconds"], PrometheusParser.Parse(await WriteAsync(other)).Keys);
    }

    [Fact]
    public async Task Meters_that_are_not_wanted_are_left_out()
    {
        meter.CreateObservableGauge("krewe_silo", () => 1L);
        meters.Create("Krewe.Http").CreateObservableGauge("krewe_http", () => 1L);

        Assert.Equal(["krewe_http"], PrometheusParser.Parse(await WriteAsync(isWanted: static name => name != "Krewe.Silo")).Keys);
    }

    /// <summary>OpenTelemetry's SDK would put all beyond the first 2,000 into one.</summary>
    [Fact]
    public async Task No_series_is_lost_however_many_there_are()
    {
        const int Versions = 5_000;
        meter.CreateObservableCounter("nv_inference_count", () => Enumerable.Range(0, Versions).Select(static i => new Measurement<long>(i, Tags("m", $"{i}"))));
        var sizes = Histogram("krewe_batch_size");
        for (var i = 0; i < Versions; i++)
        {
            sizes.Record(1, Tags("m", $"{i}"));
        }

        var start = Stopwatch.GetTimestamp();
        var text = await WriteAsync();
        TestContext.Current.TestOutputHelper!.WriteLine($"{Stopwatch.GetElapsedTime(start).TotalMilliseconds:0} ms for 30,000 lines");
        var families = PrometheusParser.Parse(text);

        Assert.Equal(Versions, families["nv_inference_count"].Samples.Count);
        Assert.Equal(Versions * 5, families["krewe_batch_size"].Samples.Count);
    }

    [Fact]
    public async Task Recording_allocates_nothing_and_loses_nothing_with_64_callers()
    {
        const int Calls = 2_000;
        var took = Histogram("krewe_seconds");
        var tags = Tags("m", "1");
        took.Record(1, tags);
        var allocated = new long[64];

        var callers = Enumerable.Range(0, allocated.Length).Select(caller => new Thread(() =>
        {
            took.Record(1, tags);
            var before = GC.GetAllocatedBytesForCurrentThread();
            for (var i = 1; i < Calls; i++)
            {
                took.Record(1, tags);
            }

            allocated[caller] = GC.GetAllocatedBytesForCurrentThread() - before;
        })).ToArray();
        Array.ForEach(callers, static caller => caller.Start());
        Array.ForEach(callers, static caller => caller.Join());

        Assert.All(allocated, static bytes => Assert.Equal(0, bytes));
        Assert.Contains($"krewe_seconds_count{{model=\"m\",version=\"1\"}} {(allocated.Length * Calls) + 1}\n", await WriteAsync());
    }

    /// <summary>As a host has it.</summary>
    private static IMeterFactory CreateFactory() =>
        new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>();

    private static KeyValuePair<string, object?>[] Tags(string model, string version) => [new("model", model), new("version", version)];

    private static InstrumentAdvice<double> Bounds() => new() { HistogramBucketBoundaries = [1, 2] };

    private Histogram<double> Histogram(string name) => meter.CreateHistogram(name, advice: Bounds());

    private async Task<string> WriteAsync(PrometheusExporter? of = null, Predicate<string>? isWanted = null)
    {
        using var text = new MemoryStream();
        await (of ?? exporter).WriteAsync(text, isWanted ?? (static _ => true), Token);
        return Encoding.UTF8.GetString(text.ToArray());
    }
}
