using System.Diagnostics;
using System.Globalization;
using System.Text;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Models;
using Krewe.Api.Bodies;
using Krewe.Api.Inference;
using Krewe.Api.Settings;
using Krewe.Benchmarks.Reporting;

namespace Krewe.Benchmarks.Parsing;

/// <summary>The parse of an image of 3x64x64 as JSON, in this process, in each of the ways that clients write numbers.</summary>
internal sealed class ParsingBenchmark : IBenchmark
{
    private const int Count = 3 * 64 * 64, Rounds = 12, Repeats = 50;
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(5);
    private static readonly (string Format, bool Nested)[] Cases = [("F6", false), ("F6", true), ("R", false), ("double", false)];

    public string Name => "parsing";

    public string Summary => "an image of 3x64x64 as JSON, parsed";

    public Task RunAsync(Measure measure, Report report, CancellationToken cancellationToken)
    {
        var table = new Table("numbers", "bytes", "µs", "ns per number");
        foreach (var (format, nested) in Cases)
        {
            var body = Encoding.UTF8.GetBytes(MakeBody(format, nested));
            var best = TimeSpan.MaxValue;
            for (var round = 0; round < Rounds; round++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var start = Stopwatch.GetTimestamp();
                for (var i = 0; i < Repeats; i++)
                {
                    Parse(body);
                }

                var taken = Stopwatch.GetElapsedTime(start) / Repeats;
                best = taken < best ? taken : best;
            }

            var name = $"{format}{(nested ? ", nested" : "")}";
            table.Add(name, $"{body.Length:N0}", $"{best.TotalMicroseconds:N0}", $"{best.TotalNanoseconds / Count:F1}");
            report.Judge($"parsing, {name}", $"{best.TotalMilliseconds:F2} ms", $"below {Limit.TotalMilliseconds} ms", best < Limit);
        }

        report.Write(table);
        return Task.CompletedTask;
    }

    private static void Parse(byte[] body)
    {
        var buffer = PooledBuffer.Rent(body.Length);
        body.CopyTo(buffer.Span);
        InferRequestReader.Read(ModelReference.Parse("m"), new RequestBody(buffer, 0, body.Length), null, new ApiLimits()).Request.Dispose();
    }

    private static string MakeBody(string format, bool nested)
    {
        var random = new Random(1);
        var numbers = Enumerable.Range(0, Count).Select(_ => format == "double"
            ? ((double)random.NextSingle()).ToString("R", CultureInfo.InvariantCulture)
            : random.NextSingle().ToString(format, CultureInfo.InvariantCulture)).ToArray();
        var data = nested
            ? "[[" + string.Join(",", numbers.Chunk(64 * 64).Select(c => "[" + string.Join(",", c.Chunk(64).Select(r => $"[{string.Join(",", r)}]")) + "]")) + "]]"
            : $"[{string.Join(",", numbers)}]";
        return $$"""{"inputs":[{"name":"image","shape":[1,3,64,64],"datatype":"FP32","data":{{data}}}]}""";
    }
}
