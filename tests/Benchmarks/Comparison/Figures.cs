using System.Text.Json;
using Krewe.Benchmarks.Reporting;

namespace Krewe.Benchmarks.Comparison;

/// <summary>All that was measured: a row for each thing, a column for each program, the median of the rounds in each cell.</summary>
internal sealed class Figures
{
    public static readonly string[] Programs = [OneProcess, Cluster, Peer, Batching, Raw];
    public const string OneProcess = "one process", Cluster = "gateway + silo", Peer = "hand-written", Batching = "hand-written, batching", Raw = "ONNX Runtime";
    private readonly Dictionary<(Row Row, string Program), List<double>> rounds = [];
    private readonly List<Row> rows = [];

    /// <param name="Model">The model, or another thing that is measured.</param>
    /// <param name="What">What is measured of it.</param>
    /// <param name="Unit">The unit of the figures.</param>
    public sealed record Row(string Model, string What, string Unit);

    public IReadOnlyList<Row> Rows => rows;

    /// <summary>Adds the figure of one round.</summary>
    public void Add(Row row, string program, double value)
    {
        if (!rows.Contains(row))
        {
            rows.Add(row);
        }

        if (!rounds.TryGetValue((row, program), out var values))
        {
            rounds[(row, program)] = values = [];
        }

        values.Add(value);
    }

    /// <summary>The median of the rounds; null where nothing was measured.</summary>
    public double? Median(Row row, string program) => rounds.TryGetValue((row, program), out var values) ? Statistics.Median(values) : null;

    /// <summary>The table that is printed.</summary>
    public Table ToTable()
    {
        var table = new Table(["measured", "unit", .. Programs, "to the best peer"]);
        foreach (var row in rows)
        {
            var peers = new[] { Median(row, Peer), Median(row, Batching) }.OfType<double>().ToArray();
            var isRate = row.Unit.EndsWith("/s", StringComparison.Ordinal);
            var best = peers.Length == 0 ? (double?)null : isRate ? peers.Max() : peers.Min();
            var own = Median(row, OneProcess);
            table.Add([$"{row.Model}, {row.What}", row.Unit, .. Programs.Select(program => Text(Median(row, program))), own / best is { } ratio ? $"{ratio:F2}" : ""]);
        }

        return table;
    }

    /// <summary>Writes every round as JSON.</summary>
    public async Task WriteAsync(string file, CancellationToken cancellationToken)
    {
        await using var stream = File.Create(file);
        await using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
        json.WriteStartArray();
        foreach (var ((row, program), values) in rounds)
        {
            json.WriteStartObject();
            json.WriteString("model", row.Model);
            json.WriteString("measured", row.What);
            json.WriteString("unit", row.Unit);
            json.WriteString("program", program);
            json.WriteNumber("median", Math.Round(Statistics.Median(values), 3));
            json.WriteStartArray("rounds");
            values.ForEach(value => json.WriteNumberValue(Math.Round(value, 3)));
            json.WriteEndArray();
            json.WriteEndObject();
        }

        json.WriteEndArray();
        await json.FlushAsync(cancellationToken);
    }

    private static string Text(double? value) => value switch
    {
        null => "",
        >= 100 => $"{value:N0}",
        _ => $"{value:F2}",
    };
}
