using System.Runtime.InteropServices;
using Krewe.Onnx.Building;

namespace Krewe.Onnx.Tiny;

/// <content>Models with a high cost in time or memory.</content>
public static partial class TinyModels
{
    private const int RowBytes = 1024;

    /// <summary>
    /// A model whose run time grows with <paramref name="iterations"/>: each loop iteration is x = tanh(x·W), about 2·width² operations per
    /// row (in the order of 2 µs at the default width). <c>x</c> and <c>y</c> FP32 [batch, width].
    /// </summary>
    public static ModelBuilder Slow(long iterations, int width = 128, ulong seed = 1) => new ModelBuilder("slow")
        .Input("x", TensorType.Float, Batch, width)
        .Initializer("turns", [iterations])
        .Initializer("always", [true])
        .Initializer("w", Weights(new SeededRandom(seed), width, width, width))
        .Node("Loop", ["turns", "always", "x"], "y", ("body", SlowBody(width)))
        .Output("y", TensorType.Float, Batch, width);

    /// <summary>
    /// Like <see cref="Slow"/>, with the number of iterations as a second input, so that the caller controls the run time: <c>x</c> FP32
    /// [batch, width], <c>turns</c> INT64 scalar, <c>y</c> FP32 [batch, width]. Cannot be batched.
    /// </summary>
    public static ModelBuilder SlowOnDemand(int width = 128, ulong seed = 1) => new ModelBuilder("slow-on-demand")
        .Input("x", TensorType.Float, Batch, width)
        .Input("turns", TensorType.Int64)
        .Initializer("always", [true])
        .Initializer("w", Weights(new SeededRandom(seed), width, width, width))
        .Node("Loop", ["turns", "always", "x"], "y", ("body", SlowBody(width)))
        .Output("y", TensorType.Float, Batch, width);

    /// <summary>
    /// A table of about <paramref name="bytes"/> bytes of which a run reads one row: <c>index</c> INT64 [batch], <c>y</c> FP32 [batch,
    /// 256]. Expensive in memory and load time, cheap to run.
    /// </summary>
    /// <exception cref="ArgumentOutOfRangeException">Less than 1 KiB, or more than an ONNX file can hold (2 GiB).</exception>
    public static ModelBuilder Big(long bytes, ulong seed = 1)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(bytes, RowBytes);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(bytes, Array.MaxLength - RowBytes);
        var rows = bytes / RowBytes;
        var table = GC.AllocateUninitializedArray<byte>(checked((int)(rows * RowBytes)));
        new SeededRandom(seed).Fill(MemoryMarshal.Cast<byte, float>(table.AsSpan()), 1);
        return new ModelBuilder("big")
            .Input("index", TensorType.Int64, Batch)
            .Initializer("table", Constant.FromBytes(TensorType.Float, table, rows, RowBytes / sizeof(float)))
            .Node("Gather", ["table", "index"], "y", ("axis", 0))
            .Output("y", TensorType.Float, Batch, RowBytes / sizeof(float));
    }

    private static Subgraph SlowBody(int width) => new Subgraph("body")
        .Input("turn", TensorType.Int64)
        .Input("go_on", TensorType.Bool)
        .Input("state", TensorType.Float, Batch, width)
        .Node("Identity", ["go_on"], "still")
        .Node("MatMul", ["state", "w"], "product")
        .Node("Tanh", ["product"], "next")
        .Output("still", TensorType.Bool)
        .Output("next", TensorType.Float, Batch, width);
}
