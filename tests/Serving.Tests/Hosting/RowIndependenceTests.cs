using Krewe.Abstractions.Models;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using TensorType = Krewe.Onnx.Building.TensorType;

namespace Krewe.Serving.Tests.Hosting;

/// <summary>An answer never depends on concurrent calls.</summary>
public sealed class RowIndependenceTests
{
    public static TheoryData<string> Dependent => ["argmax", "dense", "largest", "labels", "count"];

    [Theory]
    [MemberData(nameof(Dependent))]
    public async Task The_answer_equals_that_of_a_single_call(string name)
    {
        await using var serving = new ServingFixture();
        serving.Add("auto", 1, Model(name));
        serving.Add("given", 1, Model(name), """{"maxBatchSize": 8, "maxQueueDelayMicroseconds": 2000}""");
        await serving.StartAsync();
        float[][] rows = [[0, 0.2f, 0, 0.1f], [-900, 0, 0, 900], [1e4f, -1e4f, 1e-3f, 0], [0, 0, 0, 0], [float.NaN, 1, 2, 3]];

        foreach (var model in new[] { "auto", "given" })
        {
            var alone = new List<byte[]>();
            foreach (var row in rows)
            {
                using var answer = await serving.InferAsync(model, Tensors.Floats("x", [1, 4], row));
                alone.Add(answer.Outputs[0].Data.ToArray());
            }

            var together = await Task.WhenAll(Enumerable.Range(0, 200).Select(call =>
                Task.Run(() => serving.InferAsync(model, Tensors.Floats("x", [1, 4], rows[call % rows.Length])))));
            for (var call = 0; call < together.Length; call++)
            {
                Assert.Equal(alone[call % rows.Length], together[call].Outputs[0].Data.ToArray());
                together[call].Dispose();
            }

            var configuration = await serving.Host.GetConfigurationAsync(ModelReference.Parse(model), default);
            Assert.Equal(0, configuration.MaxBatchSize);
            Assert.Contains("rows of one run depend on each other", configuration.BatchingDisabledReason, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Undecided_models_are_batched_only_if_the_settings_ask_for_it()
    {
        await using var serving = new ServingFixture();
        var model = () => new ModelBuilder("tile").Input("x", TensorType.Float, "batch", 4).Initializer("k", [2L, 1L], 2)
            .Initializer("first", [0L], 1).Initializer("axis", [0L], 1)
            .Node("Shape", ["x"], "s").Node("Gather", ["s", "first"], "n").Node("Tile", ["x", "k"], "t")
            .Node("Slice", ["t", "first", "n", "axis"], "y").Output("y", TensorType.Float, "batch", 4);
        serving.Add("auto", 1, model());
        serving.Add("given", 1, model(), """{"maxBatchSize": 8}""");
        await serving.StartAsync();

        (await serving.InferAsync("auto", Tensors.Random("x", 1, 1, 4))).Dispose();
        var auto = await serving.Host.GetConfigurationAsync(ModelReference.Parse("auto"), default);
        var given = await serving.Host.GetConfigurationAsync(ModelReference.Parse("given"), default);

        Assert.Equal((0, 8), (auto.MaxBatchSize, given.MaxBatchSize));
        Assert.Contains("the node that makes 't' (Tile) repeats the rows",
            auto.BatchingDisabledReason, StringComparison.Ordinal);
        Assert.Null(given.BatchingDisabledReason);
    }

    [Fact]
    public async Task A_model_not_in_memory_reports_the_result_of_the_row_analysis()
    {
        await using var serving = new ServingFixture();
        serving.Add("mean", 1, TinyModels.BatchMean());
        serving.Add("mlp", 1, TinyModels.Mlp(4, 4));
        await serving.StartAsync();

        var mean = await serving.Host.GetConfigurationAsync(ModelReference.Parse("mean"), default);
        var mlp = await serving.Host.GetConfigurationAsync(ModelReference.Parse("mlp"), default);

        Assert.Equal(
            (0, "rows of one run depend on each other: the node that makes 'm' (ReduceMean) combines all rows of a run"),
            (mean.MaxBatchSize, mean.BatchingDisabledReason));
        Assert.Equal((32, null), (mlp.MaxBatchSize, mlp.BatchingDisabledReason));
    }

    private static ModelBuilder Model(string name)
    {
        var model = new ModelBuilder(name, opset: 13).Input("x", TensorType.Float, "batch", 4);
        return name switch
        {
            "argmax" => model.Node("DynamicQuantizeLinear", ["x"], ["q", "s", "z"]).Node("DequantizeLinear", ["q", "s", "z"], "d")
                .Node("ArgMax", ["d"], "y", ("axis", 1), ("keepdims", 0)).Output("y", TensorType.Int64, "batch"),
            "dense" => Dense(model, "x", 4, 3, "y").Output("y", TensorType.Float, "batch", 3),
            "labels" => Dense(Dense(model, "x", 4, 6, "h").Node("Relu", ["h"], "r"), "r", 6, 3, "l")
                .Node("ArgMax", ["l"], "y", ("axis", 1), ("keepdims", 0)).Output("y", TensorType.Int64, "batch"),
            "largest" => model.Node("Abs", ["x"], "a").Node("ReduceMax", ["a"], "m", ("keepdims", 0)).Node("Div", ["x", "m"], "y")
                .Output("y", TensorType.Float, "batch", 4),
            _ => model.Initializer("first", [0L]).Node("Shape", ["x"], "s").Node("Gather", ["s", "first"], "n")
                .Node("Cast", ["n"], "f", ("to", 1))
                .Node("Div", ["x", "f"], "y").Output("y", TensorType.Float, "batch", 4),
        };
    }

    /// <summary>A layer as quantize_dynamic of ONNX Runtime writes it.</summary>
    private static ModelBuilder Dense(ModelBuilder model, string input, int width, int outputs, string output)
    {
        var random = new Random(width);
        return model.Initializer($"w{input}", [.. Enumerable.Range(0, width * outputs).Select(_ => (sbyte)random.Next(-127, 128))],
            width, outputs)
            .Initializer($"ws{input}", [0.01f]).Initializer($"wz{input}", [(sbyte)0])
            .Node("DynamicQuantizeLinear", [input], [$"q{input}", $"s{input}", $"z{input}"])
            .Node("MatMulInteger", [$"q{input}", $"w{input}", $"z{input}", $"wz{input}"], $"p{input}")
                .Node("Cast", [$"p{input}"], $"f{input}", ("to", 1))
            .Node("Mul", [$"s{input}", $"ws{input}"], $"m{input}").Node("Mul", [$"f{input}", $"m{input}"], output);
    }
}
