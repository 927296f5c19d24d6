using System.Collections.Immutable;
using Krewe.Abstractions.Buffers;
using Krewe.Abstractions.Errors;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Batching;

/// <summary>Splits a request that exceeds the maximum batch size into several runs and concatenates the outputs.</summary>
internal static class SplitRun
{
    /// <summary>Returns outputs as if from a single run.</summary>
    public static RunOutput[] Run(NativeRun run, TensorData[] inputs, int rows, int maxBatchSize, ImmutableArray<string> outputNames)
    {
        var parts = new List<RunOutput[]>();
        try
        {
            var rest = inputs.Select(input => input.Data).ToArray();
            for (var done = 0; done < rows; done += maxBatchSize)
            {
                var size = Math.Min(maxBatchSize, rows - done);
                parts.Add(run.Session.Run(run, TakeRows(inputs, rest, size, rows - done), outputNames));
                CheckRows(parts[^1], size);
            }

            return [.. Enumerable.Range(0, parts[0].Length).Select(output => Join(parts, output, rows))];
        }
        finally
        {
            foreach (var output in parts.SelectMany(part => part))
            {
                output.Owner.Dispose();
            }
        }
    }

    private static TensorData[] TakeRows(TensorData[] inputs, ReadOnlyMemory<byte>[] rest, int rows, int rowsLeft)
    {
        var taken = new TensorData[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            var length = RowSlices.LengthOf(inputs[i].Type, rest[i].Span, inputs[i].Shape, rows, rowsLeft);
            taken[i] = inputs[i] with { Shape = RowSlices.WithRows(inputs[i].Shape, rows), Data = rest[i][..length] };
            rest[i] = rest[i][length..];
        }

        return taken;
    }

    private static void CheckRows(RunOutput[] outputs, int rows)
    {
        if (!BatchRunner.HaveRows(outputs, rows))
        {
            throw KreweException.InvalidInput(
                "the model's outputs do not have one row per input row, so a request above the maximum batch size cannot be split; send "
                    + "fewer");
        }
    }

    private static RunOutput Join(List<RunOutput[]> parts, int output, int rows)
    {
        var joined = PooledBuffer.Rent(checked((int)parts.Sum(part => (long)part[output].Data.Length)));
        var rest = joined.Span;
        foreach (var part in parts)
        {
            part[output].Data.Span.CopyTo(rest);
            rest = rest[part[output].Data.Length..];
        }

        var first = parts[0][output];
        return new RunOutput(first.Type, RowSlices.WithRows(first.Shape, rows), joined.Memory, new SharedBuffer(joined));
    }
}
