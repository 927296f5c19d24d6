using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Samples.Tests;

public sealed class TinyModelsTests
{
    public static TheoryData<TensorType> Types => [.. Enum.GetValues<TensorType>().Where(type => type != TensorType.Undefined)];

    [Theory]
    [MemberData(nameof(Types))]
    public void IdentityTakesEveryType(TensorType type)
    {
        using var model = Runner.Open(TinyModels.Identity(type, "batch", Dimension.Free, 3));

        Assert.Equal(type.ToString(), model.Inputs["x"].ElementDataType.ToString());
        Assert.Equal([-1, -1, 3], model.Inputs["x"].Dimensions);
        Assert.Equal(["batch", "", ""], model.Inputs["x"].SymbolicDimensions);
    }

    [Fact]
    public void NoDimensionsMakeAScalar()
    {
        using var model = Runner.Open(TinyModels.Identity(TensorType.Float));

        Assert.Equal([2.5f], model.Run<float, float>("x", [2.5f], [], "y"));
    }

    [Theory]
    [InlineData(new[] { 4, 3 })]
    [InlineData(new[] { 5, 8, 8, 2 })]
    public void MlpAnswersInABatchAsAlone(int[] widths)
    {
        using var model = Runner.Open(TinyModels.Mlp(widths));
        float[] rows = [.. Enumerable.Range(0, 3 * widths[0]).Select(i => (i % 7) - 3f)];

        var together = model.Run<float, float>("x", rows, [3, widths[0]], "y").Chunk(widths[^1]).ToArray();

        Assert.All(rows.Chunk(widths[0]), (row, i) => Assert.Equal(together[i], model.Run<float, float>("x", row, [1, widths[0]], "y")));
        Assert.NotEqual(together[0], together[1]);
    }

    [Fact]
    public void CnnClassifiesAnImage()
    {
        using var model = Runner.Open(TinyModels.Cnn());

        var scores = model.Run<float, float>("x", [.. Enumerable.Range(0, 3 * 64 * 64).Select(i => i % 5 / 5f)], [1, 3, 64, 64], "y");

        Assert.Equal(10, scores.Distinct().Count());
    }

    [Fact]
    public void BatchMeanChangesAnswersInABatch()
    {
        using var model = Runner.Open(TinyModels.BatchMean(width: 1));

        Assert.Equal([0f], model.Run<float, float>("x", [3], [1, 1], "y"));
        Assert.Equal([1f, -1f], model.Run<float, float>("x", [3, 1], [2, 1], "y"));
    }

    [Fact]
    public void GatherFailsWhenRunOutsideItsTable()
    {
        using var model = Runner.Open(TinyModels.Gather(rows: 4, width: 2));

        Assert.Equal([6f, 7f], model.Run<long, float>("index", [3], [1], "y"));
        Assert.Throws<OnnxRuntimeException>(() => model.Run<long, float>("index", [4], [1], "y"));
    }

    [Fact]
    public void TwoInputsGiveTwoOutputs()
    {
        using var model = Runner.Open(TinyModels.TwoInputs());
        using var a = OrtValue.CreateTensorValueFromMemory<float>([1.5f, -1], [1, 2]);
        using var b = OrtValue.CreateTensorValueFromMemory<long>([2, 3], [1, 2]);

        var (sum, positive) = model.Run(
            new Dictionary<string, OrtValue> { ["a"] = a, ["b"] = b },
            results => (results[0].GetTensorDataAsSpan<float>().ToArray(), results[1].GetTensorDataAsSpan<bool>().ToArray()));

        Assert.Equal([3.5f, 2f], sum);
        Assert.Equal([true, false], positive);
    }

    [Fact]
    public void StringsComeBack()
    {
        using var model = Runner.Open(TinyModels.Strings());
        using var text = OrtValue.CreateFromStringTensor(
            new Microsoft.ML.OnnxRuntime.Tensors.DenseTensor<string>(new[] { "", "día" }, [2]));

        Assert.Equal(["", "día"], model.Run(new Dictionary<string, OrtValue> { ["x"] = text }, r => r[0].GetStringTensorAsArray()));
    }

    [Fact]
    public void SlowOnDemandRunsAsManyTurnsAsAsked()
    {
        using var onDemand = Runner.Open(TinyModels.SlowOnDemand(width: 4));
        using var x = OrtValue.CreateTensorValueFromMemory<float>([1, 2, 3, 4], [1, 4]);
        using var turns = OrtValue.CreateTensorValueFromMemory<long>([3], []);
        using var fixedLoop = Runner.Open(TinyModels.Slow(3, width: 4));

        var asked = onDemand.Run(
            new Dictionary<string, OrtValue> { ["x"] = x, ["turns"] = turns }, r => r[0].GetTensorDataAsSpan<float>().ToArray());

        Assert.Equal(fixedLoop.Run<float, float>("x", [1, 2, 3, 4], [1, 4], "y"), asked);
    }

    [Fact]
    public void BigIsAsBigAsAskedAndRuns()
    {
        var bytes = TinyModels.Big(1 << 20).ToBytes();
        using var model = Runner.Open(bytes);

        Assert.InRange(bytes.Length, 1 << 20, (1 << 20) + 1000);
        Assert.Equal(256, model.Run<long, float>("index", [1023], [1], "y").Distinct().Count());
    }

    [Fact]
    public void BrokenModelsDoNotLoad()
    {
        Assert.Throws<OnnxRuntimeException>(() => Runner.Open(TinyModels.Truncated()));
        Assert.Throws<OnnxRuntimeException>(() => Runner.Open(TinyModels.Corrupt()));
        Assert.Throws<OnnxRuntimeException>(() => Runner.Open(TinyModels.UnknownOperator()));
        Assert.Throws<OnnxRuntimeException>(() => Runner.Open(TinyModels.ShapeMismatch()));
        Assert.Throws<OnnxRuntimeException>(() => Runner.Open(TinyModels.ExternalAt("missing.bin")));
    }

    [Fact]
    public void SameModelHasTheSameBytes()
    {
        Assert.Equal(TinyModels.Mlp(8, 8, 2).ToBytes(), TinyModels.Mlp(8, 8, 2).ToBytes());
        Assert.NotEqual(TinyModels.Mlp(1, 8, 8, 2).ToBytes(), TinyModels.Mlp(2UL, 8, 8, 2).ToBytes());
    }
}
