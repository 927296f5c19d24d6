using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Samples.Tests;

public sealed class ModelBuilderTests
{
    [Theory]
    [InlineData(true, -2f)]
    [InlineData(false, 2f)]
    public void BranchesAreSubgraphs(bool condition, float expected)
    {
        using var model = Runner.Open(new ModelBuilder("if")
            .Input("c", TensorType.Bool)
            .Initializer("x", [2f], 1)
            .Node(
                "If",
                ["c"],
                "y",
                ("then_branch", new Subgraph("then").Node("Neg", ["x"], "a").Output("a", TensorType.Float, 1)),
                ("else_branch", new Subgraph("else").Node("Identity", ["x"], "b").Output("b", TensorType.Float, 1)))
            .Output("y", TensorType.Float, 1));

        Assert.Equal([expected], model.Run<bool, float>("c", [condition], [], "y"));
    }

    [Fact]
    public void LargeConstantsCanLieInAFileBesideTheModel()
    {
        var folder = Directory.CreateTempSubdirectory("krewe-samples");
        try
        {
            var path = Path.Combine(folder.FullName, "new", "model.onnx");
            TinyModels.Mlp(64, 64, 2).Save(path, externalData: true);
            float[] x = [.. Enumerable.Range(0, 64).Select(i => i / 64f)];
            using var outside = Runner.Open(path);
            using var inside = Runner.Open(TinyModels.Mlp(64, 64, 2));

            Assert.InRange(new FileInfo(path + ".data").Length, 64 * 64 * 4, 100_000);
            Assert.InRange(new FileInfo(path).Length, 1, 3_000);
            Assert.Equal(inside.Run<float, float>("x", x, [1, 64], "y"), outside.Run<float, float>("x", x, [1, 64], "y"));
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void ConstantsHaveEveryType()
    {
        Check<bool>([true, false]);
        Check<byte>([0, 255]);
        Check<sbyte>([-128, 127]);
        Check<ushort>([0, 65535]);
        Check<short>([-32768, 32767]);
        Check<uint>([0, uint.MaxValue]);
        Check([int.MinValue, int.MaxValue]);
        Check<ulong>([0, ulong.MaxValue]);
        Check([long.MinValue, long.MaxValue]);
        Check([1.5f, float.Epsilon]);
        Check([1.5, double.Epsilon]);

        static void Check<T>(T[] values)
            where T : unmanaged
        {
            using var model = Runner.Open(new ModelBuilder("constant")
                .Initializer("constant", values, values.Length)
                .Input("row", TensorType.Int64, "n")
                .Node("Gather", ["constant", "row"], "y")
                .Output("y", Enum.Parse<TensorType>(TensorElementType<T>()), "n"));
            Assert.Equal(values, model.Run<long, T>("row", [0, 1], [2], "y"));
        }
    }

    [Fact]
    public void ConstantsThatDoNotFillTheirShapeAreRefused()
    {
        var error = Assert.Throws<ArgumentException>(() => new ModelBuilder("m").Initializer("w", new float[5], 2, 3));

        Assert.Contains("5 values do not match the shape [2,3] of 6", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void SequencesAndOptionalsHaveKinds()
    {
        using var model = Runner.Open(new ModelBuilder("sequence")
            .Input("x", TensorType.Float, "n")
            .Node("SequenceConstruct", ["x", "x"], "s")
            .Output("s", ValueKind.Sequence(ValueKind.Tensor(TensorType.Float, "n"))));

        Assert.Equal(OnnxValueType.ONNX_TYPE_SEQUENCE, model.Outputs["s"].OnnxValueType);
    }

    private static string TensorElementType<T>() => typeof(T).Name switch
    {
        "Boolean" => nameof(TensorType.Bool),
        "Byte" => nameof(TensorType.UInt8),
        "SByte" => nameof(TensorType.Int8),
        "Single" => nameof(TensorType.Float),
        var name => name,
    };
}
