using System.Buffers;
using System.Text;
using Krewe.Abstractions.Metrics;
using Krewe.Api.Metrics;

namespace Krewe.Api.Tests.Metrics;

public sealed class PrometheusTextTests
{
    [Fact]
    public void A_family_is_help_type_and_samples() => Assert.Equal(
        "# HELP krewe_loads_total Loads, by model.\n# TYPE krewe_loads_total counter\nkrewe_loads_total{model=\"m\",version=\"1\"} 3\n",
        Write(new MetricFamily(
            "krewe_loads_total", "Loads, by model.", MetricKind.Counter, [new([new("model", "m"), new("version", "1")], 3)])));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1234567890123, "1234567890123")]
    [InlineData(-0.25, "-0.25")]
    [InlineData(double.NaN, "NaN")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    [InlineData(double.NegativeInfinity, "-Inf")]
    public void A_number_is_written_as_the_format_wants_it(double value, string expected) => Assert.EndsWith(
        $"\ng {expected}\n", Write(new MetricFamily("g", "h", MetricKind.Gauge, [new([], value)])));

    [Theory]
    [InlineData("plain")]
    [InlineData("a\"b")]
    [InlineData("a\\b")]
    [InlineData("a\nb")]
    [InlineData("\\n\"\\\n")]
    [InlineData("größe, }=")]
    public void A_label_comes_back_as_it_was(string value)
    {
        var family = new MetricFamily("g", "help with \\ and \n", MetricKind.Gauge, [new([new("l", value), new("k", "v")], 1)]);
        var parsed = PrometheusParser.Parse(Write(family))["g"];
        Assert.Equal(new Dictionary<string, string> { ["l"] = value, ["k"] = "v" }, Assert.Single(parsed.Samples).Labels);
        Assert.Equal("help with \\\\ and \\n", parsed.Help);
    }

    [Fact]
    public void A_big_number_keeps_its_value()
    {
        var parsed = PrometheusParser.Parse(Write(new MetricFamily("g", "h", MetricKind.Gauge, [new([], 1e300), new([], 5e-324)])));
        Assert.Equal([1e300, 5e-324], parsed["g"].Samples.Select(sample => sample.Value));
    }

    private static string Write(MetricFamily family)
    {
        var buffer = new ArrayBufferWriter<byte>();
        PrometheusText.Write(buffer, family);
        return Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
