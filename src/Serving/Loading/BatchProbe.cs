using System.Runtime.InteropServices;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.Batching;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Loading;

/// <summary>
/// Verifies at load time what the row analysis concluded: rows are run alone and beside large negative, zero, NaN and identical neighbours,
/// and must give the same outputs.
/// </summary>
internal static class BatchProbe
{
    private const double Large = -1000;

    /// <summary>True if rows give the same outputs batched as alone.</summary>
    public static bool RowsAreIndependent(OnnxSession session, WarmUpSettings settings, int extent)
    {
        var inputs = session.Signature.Inputs;
        var first = SyntheticInput.Create(inputs, settings, 1, extent, seed: 1);
        var second = SyntheticInput.Create(inputs, settings, 1, extent, seed: 100);
        if (first is null || second is null)
        {
            return false;
        }

        TensorData[][] finite = [first, Scale(second, Large), Scale(second, 0), first];
        TensorData[][] odd = [first, Scale(second, double.NaN), second];
        return Agree(session, finite, isFinite: true) && Agree(session, odd, isFinite: false);
    }

    /// <summary>Outputs of non-finite rows are not compared; those of their neighbours are.</summary>
    private static bool Agree(OnnxSession session, TensorData[][] rows, bool isFinite)
    {
        var runs = new List<RunOutput[]>(rows.Length + 1);
        try
        {
            // A row that cannot run alone proves nothing. If rows run alone but fail together, they are dependent.
            var able = rows.Where(row => TryRun(session, row, runs)).ToArray();
            return able.Length > 0 && TryRun(session, Join(able), runs) && Enumerable.Range(0, able.Length)
                .All(row => (!isFinite && able[row] == rows[1]) || Agree(runs[row], runs[^1], row, able.Length));
        }
        finally
        {
            foreach (var output in runs.SelectMany(run => run))
            {
                output.Owner.Dispose();
            }
        }
    }

    private static bool TryRun(OnnxSession session, TensorData[] input, List<RunOutput[]> runs)
    {
        try
        {
            runs.Add(session.Run(input));
            return true;
        }
        catch (GraphException)
        {
            return false;
        }
    }

    private static TensorData[] Join(TensorData[][] rows) =>
    [
        .. Enumerable.Range(0, rows[0].Length).Select(input => new TensorData(
            rows[0][input].Type, [rows.Length, .. rows[0][input].Shape[1..]],
            (byte[])[.. rows.SelectMany(row => row[input].Data.ToArray())])),
    ];

    private static bool Agree(RunOutput[] alone, RunOutput[] joined, int row, int rows)
    {
        for (var i = 0; i < joined.Length; i++)
        {
            if (alone[i].Shape is not [1, ..] || joined[i].Shape is not [var all, ..] || all != rows)
            {
                return false;
            }

            var rest = joined[i].Data.Span;
            for (var before = 0; before < row; before++)
            {
                rest = rest[RowSlices.LengthOf(joined[i].Type, rest, joined[i].Shape, 1, rows - before)..];
            }

            var own = rest[..RowSlices.LengthOf(joined[i].Type, rest, joined[i].Shape, 1, rows - row)];
            if (!OutputComparison.AgreeAtScale(joined[i].Type, alone[i].Data.Span, own))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The row with its floating-point values multiplied; other types unchanged.</summary>
    private static TensorData[] Scale(TensorData[] row, double factor) =>
        [.. row.Select(input => input with { Data = Scale(input, factor) })];

    private static byte[] Scale(TensorData input, double factor)
    {
        var data = input.Data.ToArray();
        switch (input.Type)
        {
            case TensorType.Float32:
                Scale(MemoryMarshal.Cast<byte, float>(data.AsSpan()), value => (float)(value * factor));
                break;
            case TensorType.Float64:
                Scale(MemoryMarshal.Cast<byte, double>(data.AsSpan()), value => value * factor);
                break;
            case TensorType.Float16:
                Scale(MemoryMarshal.Cast<byte, Half>(data.AsSpan()), value => (Half)((double)value * factor));
                break;
            case TensorType.BFloat16:
                Scale(MemoryMarshal.Cast<byte, ushort>(data.AsSpan()), value =>
                    (ushort)(BitConverter.SingleToUInt32Bits((float)(BitConverter.UInt32BitsToSingle((uint)value << 16) * factor)) >> 16));
                break;
            default:
                break;
        }

        return data;
    }

    private static void Scale<T>(Span<T> values, Func<T, T> change)
    {
        foreach (ref var value in values)
        {
            value = change(value);
        }
    }
}
