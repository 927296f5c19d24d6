using System.Runtime.InteropServices;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Loading;
using Krewe.Serving.OnnxFiles;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Operators;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Serving.Tests.Operators;

/// <summary>One graph, the result of its analysis, and the outputs of ONNX Runtime for its rows alone and batched.</summary>
internal sealed class GraphTrial : IDisposable
{
    // An ordinary row, its neighbours, and the ordinary row once more.
    private static readonly Func<Random, float>[] Neighbours =
    [
        random => random.Next(-8, 9) / 8f, random => random.Next(-8, 9) * 1024f, _ => 0, random => -random.Next(1, 9) / 8f,
        random => random.Next(2) == 0 ? float.NaN : 1, random => random.Next(-8, 9) / 8f, random => random.Next(-8, 9) / 8192f,
    ];

    private const int NaNRow = 4, Again = 5;
    private readonly OnnxSession session;
    private readonly List<RunOutput[]> runs = [];

    private static readonly RunWatch Watch = new(TimeProvider.System);

    private GraphTrial(OnnxSession session) => this.session = session;

    public RowVerdict Verdict => session.Signature.Rows;

    /// <summary>Null where ONNX Runtime does not take the graph.</summary>
    public static GraphTrial? Load(byte[] model, string path)
    {
        File.WriteAllBytes(path, model);
        var signature = SignatureReader.Read(OnnxFile.Read(path));
        try
        {
            using var options = new SessionOptions { LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_FATAL };
            options.DisablePerSessionThreads();
            return new GraphTrial(new OnnxSession(
                new LocalGraph(new InferenceSession(model, options), [.. signature.Inputs.Select(static input => input.Name)]), signature, ExecutionProvider.Cpu, Watch, Timeout.InfiniteTimeSpan));
        }
        catch (OnnxRuntimeException)
        {
            return null;
        }
    }

    /// <summary>
    /// What is different about a row beside the others, null where nothing is. False for <paramref name="ran"/> where not even a
    /// row alone can be run, which says nothing.
    /// </summary>
    public string? FindDifference(int seed, out bool ran)
    {
        var input = session.Signature.Inputs.Single();
        var rows = Neighbours.Select(next => Row(input, new Random(seed), next)).ToArray();
        rows[Again] = rows[0];
        ran = true;
        for (var row = 0; row < rows.Length; row++)
        {
            if (!TryRun(rows[row]))
            {
                ran = false;
                return null;
            }
        }

        if (!TryRun(new TensorData(input.Type, [rows.Length, .. rows[0].Shape[1..]],
            (byte[])[.. rows.SelectMany(row => row.Data.ToArray())])))
        {
            return "rows cannot be run together";
        }

        for (var row = 0; row < rows.Length; row++)
        {
            if (row != NaNRow && FindDifference(row, rows.Length) is { } difference)
            {
                return difference;
            }
        }

        return null;
    }

    public void Dispose()
    {
        foreach (var output in runs.SelectMany(run => run))
        {
            output.Owner.Dispose();
        }

        session.Dispose();
    }

    private static TensorData Row(TensorSpec input, Random random, Func<Random, float> next)
    {
        long[] shape = [1, .. input.Shape.Skip(1)];
        var values = new float[shape.Aggregate(1L, (product, size) => product * size)];
        foreach (ref var value in values.AsSpan())
        {
            value = next(random);
        }

        return new TensorData(input.Type, shape, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    private bool TryRun(TensorData input)
    {
        try
        {
            runs.Add(session.Run([input]));
            return true;
        }
        catch (GraphException)
        {
            return false;
        }
    }

    private string? FindDifference(int row, int rows)
    {
        for (var i = 0; i < runs[row].Length; i++)
        {
            var (alone, joined) = (runs[row][i], runs[^1][i]);
            if (alone.Shape is not [1, ..] || joined.Shape is not [var all, ..] || all != rows)
            {
                return $"output {i} has the shape {TensorShape.Format(alone.Shape)} alone and {TensorShape.Format(joined.Shape)} joined";
            }

            var length = joined.Data.Length / rows;
            if (!OutputComparison.AgreeAtScale(alone.Type, alone.Data.Span, joined.Data.Span.Slice(row * length, length)))
            {
                return $"row {row} of output {i} is another";
            }
        }

        return null;
    }
}
