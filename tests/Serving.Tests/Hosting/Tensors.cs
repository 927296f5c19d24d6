using System.Runtime.InteropServices;
using Krewe.Abstractions.Tensors;

namespace Krewe.Serving.Tests.Hosting;

/// <summary>Tensors of plain arrays and back.</summary>
internal static class Tensors
{
    public static Tensor Floats(string name, long[] shape, params float[] values) =>
        Tensor.Create(name, TensorType.Float32, [.. shape], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public static Tensor Longs(string name, long[] shape, params long[] values) =>
        Tensor.Create(name, TensorType.Int64, [.. shape], MemoryMarshal.AsBytes(values.AsSpan()).ToArray());

    public static Tensor Random(string name, int seed, params long[] shape)
    {
        var random = new Random(seed);
        return Floats(name, shape, [.. Enumerable.Range(0, (int)shape.Aggregate(1L, (a, b) => a * b)).Select(_ => random.NextSingle())]);
    }

    public static float[] ToFloats(this Tensor tensor) => MemoryMarshal.Cast<byte, float>(tensor.Data.Span).ToArray();
}
