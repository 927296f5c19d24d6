using Krewe.Onnx.Building;

namespace Krewe.Onnx.Tiny;

/// <content>Models that do not load.</content>
public static partial class TinyModels
{
    /// <summary>The first half of a model file, as left by an interrupted copy.</summary>
    public static byte[] Truncated()
    {
        var whole = Mlp(16, 16, 4).ToBytes();
        return whole[..(whole.Length / 2)];
    }

    /// <summary>Bytes that are not an ONNX file.</summary>
    public static byte[] Corrupt()
    {
        var bytes = new byte[512];
        var random = new SeededRandom(7);
        foreach (ref var value in bytes.AsSpan())
        {
            value = (byte)random.NextUInt64();
        }

        return bytes;
    }

    /// <summary>A well-formed file with a non-existent operator.</summary>
    public static ModelBuilder UnknownOperator() => new ModelBuilder("unknown-operator")
        .Opset("nowhere", 1)
        .Input("x", TensorType.Float, Batch, 2)
        .Node("nowhere::Conjure", ["x"], "y")
        .Output("y", TensorType.Float, Batch, 2);

    /// <summary>A well-formed file whose weights do not match its input: x [batch, 3] times a 4×2 matrix.</summary>
    public static ModelBuilder ShapeMismatch() => new ModelBuilder("shape-mismatch")
        .Input("x", TensorType.Float, Batch, 3)
        .Initializer("w", new float[8], 4, 2)
        .Node("MatMul", ["x", "w"], "y")
        .Output("y", TensorType.Float, Batch, 2);

    /// <summary>
    /// A model whose 4×2 matrix is in an external file at <paramref name="location"/>, which need not exist and may be outside the model's
    /// folder: <c>x</c> FP32 [batch, 4], <c>y</c> FP32 [batch, 2].
    /// </summary>
    public static ModelBuilder ExternalAt(string location) => new ModelBuilder("external")
        .Input("x", TensorType.Float, Batch, 4)
        .Initializer("w", Constant.External(TensorType.Float, location, 0, 8 * sizeof(float), 4, 2))
        .Node("MatMul", ["x", "w"], "y")
        .Output("y", TensorType.Float, Batch, 2);

    /// <summary>
    /// A model whose load crashes the process on x86: constant folding divides the smallest 64-bit integer by -1, and the overflow traps.
    /// <c>x</c> and <c>y</c> INT64 [1].
    /// </summary>
    public static ModelBuilder Lethal() => new ModelBuilder("lethal")
        .Input("x", TensorType.Int64, 1)
        .Initializer("smallest", [long.MinValue])
        .Initializer("minus_one", [-1L])
        .Node("Div", ["smallest", "minus_one"], "q")
        .Node("Add", ["x", "q"], "y")
        .Output("y", TensorType.Int64, 1);
}
