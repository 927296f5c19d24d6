using System.Buffers;
using System.Globalization;
using System.Text;
using Krewe.Abstractions.Metrics;

namespace Krewe.Api.Metrics;

/// <summary>
/// Writes metrics in version 0.0.4 of Prometheus' text exposition format
/// (https://prometheus.io/docs/instrumenting/exposition_formats/).
/// </summary>
internal static class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    /// <summary>Writes one family: its help, its type, its samples.</summary>
    public static void Write(IBufferWriter<byte> output, MetricFamily family)
    {
        Text(output, "# HELP ");
        Text(output, family.Name);
        Text(output, " ");
        Escaped(output, family.Help, quoted: false);
        Text(output, "\n# TYPE ");
        Text(output, family.Name);
        Text(output, family.Kind switch
        {
            MetricKind.Counter => " counter\n",
            MetricKind.Gauge => " gauge\n",
            _ => " histogram\n",
        });
        for (var i = 0; i < family.Samples.Count; i++)
        {
            Write(output, family.Name, family.Samples[i]);
        }
    }

    private static void Write(IBufferWriter<byte> output, string name, in MetricSample sample)
    {
        Text(output, name);
        Text(output, sample.Suffix);
        for (var i = 0; i < sample.Labels.Count; i++)
        {
            Text(output, i == 0 ? "{" : ",");
            Text(output, sample.Labels[i].Key);
            Text(output, "=\"");
            Escaped(output, sample.Labels[i].Value, quoted: true);
            Text(output, "\"");
        }

        Text(output, sample.Labels.Count > 0 ? "} " : " ");
        Number(output, sample.Value);
        Text(output, "\n");
    }

    private static void Number(IBufferWriter<byte> output, double value)
    {
        if (!double.IsFinite(value))
        {
            Text(output, double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
            return;
        }

        var span = output.GetSpan(32);
        value.TryFormat(span, out var written, "R", CultureInfo.InvariantCulture);
        output.Advance(written);
    }

    private static void Escaped(IBufferWriter<byte> output, string text, bool quoted)
    {
        if (text.AsSpan().ContainsAny('\\', '\n', '"'))
        {
            text = text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal);
            text = quoted ? text.Replace("\"", "\\\"", StringComparison.Ordinal) : text;
        }

        Text(output, text);
    }

    private static void Text(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text.AsSpan(), output);
}
