using System.Diagnostics;
using Microsoft.ML.OnnxRuntime;
using SessionOptions = Microsoft.ML.OnnxRuntime.SessionOptions;

namespace Krewe.AspNetPeer;

/// <summary>ONNX Runtime alone: what is left if everything around it costs nothing. Prints the name and value of each figure.</summary>
internal static class RawLoop
{
    private const int Opened = 20, LargeBatch = 32;

    public static void Run(string path, TimeSpan duration, long[] row)
    {
        Measure("one-thread", path, duration, row, 1, 1);
        Measure("two-threads", path, duration, row, 2, 1);
        Measure("two-threads-batch", path, duration, row, 2, LargeBatch);
        var times = Enumerable.Range(0, Opened).Select(_ => Open(path)).Order().ToArray();
        Console.WriteLine(FormattableString.Invariant($"session-ms {times[Opened / 2].TotalMilliseconds}"));
    }

    private static TimeSpan Open(string path)
    {
        var start = Stopwatch.GetTimestamp();
        using var options = OptionsOf();
        using var session = new InferenceSession(path, options);
        return Stopwatch.GetElapsedTime(start);
    }

    private static void Measure(string name, string path, TimeSpan duration, long[] row, int threads, int batch)
    {
        using var options = OptionsOf();
        using var session = new InferenceSession(path, options);
        long[] shape = [batch, .. row.Skip(1)];
        var data = new float[shape.Aggregate(1L, static (product, dimension) => product * dimension)];
        var random = new Random(1);
        foreach (ref var value in data.AsSpan())
        {
            value = random.NextSingle();
        }

        string[] inputs = [session.InputNames[0]], outputs = [session.OutputNames[0]];
        var runs = 0L;
        var start = Stopwatch.GetTimestamp();
        var loops = Enumerable.Range(0, threads).Select(_ => new Thread(() =>
        {
            using var run = new RunOptions();
            using var input = OrtValue.CreateTensorValueFromMemory(data, shape);
            var count = 0L;
            for (; Stopwatch.GetElapsedTime(start) < duration; count++)
            {
                session.Run(run, inputs, [input], outputs).Dispose();
            }

            Interlocked.Add(ref runs, count);
        })).ToList();
        loops.ForEach(static loop => loop.Start());
        loops.ForEach(static loop => loop.Join());
        Console.WriteLine(FormattableString.Invariant($"{name} {runs * batch / Stopwatch.GetElapsedTime(start).TotalSeconds}"));
    }

    private static SessionOptions OptionsOf() => new() { IntraOpNumThreads = 1, InterOpNumThreads = 1, GraphOptimizationLevel = GraphOptimizationLevel.ORT_ENABLE_ALL };
}
