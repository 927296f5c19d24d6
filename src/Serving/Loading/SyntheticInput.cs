using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Krewe.Abstractions.Tensors;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Repository.Manifests;

namespace Krewe.Serving.Loading;

/// <summary>
/// Synthetic input for warm-up and the batch probe: floats between 0 and 1, integers 1 and 2 (0 is a bad divisor, more a bad index),
/// strings "a" and "b"; deterministic for a seed.
/// </summary>
internal static class SyntheticInput
{
    /// <summary>The maximum number of elements of one input.</summary>
    public const long MaxElements = 16L << 20;

    /// <summary>
    /// Creates a tensor for every input, with <paramref name="rows"/> for a free first dimension and <paramref name="extent"/> for the
    /// other free ones; null if an input would be too large or its rank is open.
    /// </summary>
    public static TensorData[]? Create(ImmutableArray<TensorSpec> inputs, WarmUpSettings settings, int rows, int extent, int seed)
    {
        var tensors = new TensorData[inputs.Length];
        for (var i = 0; i < inputs.Length; i++)
        {
            var shape = ShapeFor(inputs[i], settings, rows, extent);
            if (shape is null || !TensorShape.TryCountElements(shape, out var count) || count > MaxElements)
            {
                return null;
            }

            tensors[i] = new TensorData(inputs[i].Type, shape, Fill(inputs[i].Type, (int)count, new Random(seed + i)));
        }

        return tensors;
    }

    private static long[]? ShapeFor(TensorSpec input, WarmUpSettings settings, int rows, int extent)
    {
        if (settings.Shapes.TryGetValue(input.Name, out var given))
        {
            return [.. given.Select((dimension, axis) => axis == 0 && input.Shape is [< 0, ..] ? rows : dimension)];
        }

        return input.AnyRank
            ? null
            : [.. input.Shape.Select((dimension, axis) => dimension >= 0 ? dimension : axis == 0 ? rows : extent)];
    }

    private static byte[] Fill(TensorType type, int count, Random random)
    {
        if (type == TensorType.Bytes)
        {
            return FillStrings(count, random);
        }

        var data = new byte[count * type.ElementSize()];
        switch (type)
        {
            case TensorType.Float32:
                FillWith(MemoryMarshal.Cast<byte, float>(data.AsSpan()), random, static random => random.NextSingle());
                break;
            case TensorType.Float64:
                FillWith(MemoryMarshal.Cast<byte, double>(data.AsSpan()), random, static random => random.NextDouble());
                break;
            case TensorType.Float16:
                FillWith(MemoryMarshal.Cast<byte, Half>(data.AsSpan()), random, static random => (Half)random.NextSingle());
                break;
            case TensorType.BFloat16:
                FillWith(MemoryMarshal.Cast<byte, ushort>(data.AsSpan()), random,
                    static random => (ushort)(BitConverter.SingleToUInt32Bits(random.NextSingle()) >> 16));
                break;
            case TensorType.Bool:
                FillWith<byte>(data, random, static random => (byte)random.Next(2));
                break;
            default:
                FillIntegers(data, type.ElementSize(), random);
                break;
        }

        return data;
    }

    private static void FillWith<T>(Span<T> values, Random random, Func<Random, T> next)
    {
        foreach (ref var value in values)
        {
            value = next(random);
        }
    }

    private static void FillIntegers(Span<byte> data, int size, Random random)
    {
        for (var i = 0; i < data.Length; i += size)
        {
            data[i] = (byte)random.Next(1, 3);
        }
    }

    private static byte[] FillStrings(int count, Random random)
    {
        const int size = BytesElements.PrefixSize + 1;
        var data = new byte[count * size];
        for (var i = 0; i < count; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(data.AsSpan(i * size), 1);
            data[(i * size) + BytesElements.PrefixSize] = (byte)('a' + random.Next(2));
        }

        return data;
    }
}
