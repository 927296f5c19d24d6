using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Building;
using Krewe.Serving.Batching;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.OnnxFiles;
using TensorType = Krewe.Onnx.Building.TensorType;

namespace Krewe.Serving.Tests.Loading;

/// <summary>Outputs whose type the file leaves open, as it does where an inner tensor was exposed.</summary>
public sealed class InferredOutputTests
{
    private static readonly string[] Names = ["y", "h"];

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_output_without_a_type_is_served_with_the_one_that_is_inferred()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, Exposed());
        await serving.StartAsync();

        using var response = await serving.InferAsync("m", Tensors.Floats("x", [1, 2], -1, 2));

        Assert.Equal(Names, response.Outputs.Select(output => output.Name));
        Assert.Equal([0f, 2], response.Outputs[1].ToFloats());
        Assert.Equal([1, 2], response.Outputs[1].Shape);
    }

    [Fact]
    public async Task An_empty_type_counts_as_no_type()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, Wire.Model(
        [
            Wire.Message(1, Wire.Text(1, "x"), Wire.Text(2, "h"), Wire.Text(4, "Relu")),
            Wire.Text(2, "g"),
            Wire.Message(11, Wire.Text(1, "x"), Wire.Message(2, Wire.Message(1, Wire.Number(1, 1), Wire.Message(2, Wire.Message(1, Wire.Number(1, 2)))))),
            Wire.Message(12, Wire.Text(1, "h"), Wire.Message(2)),
        ]));
        await serving.StartAsync();

        using var response = await serving.InferAsync("m", Tensors.Floats("x", [2], -1, 2));

        Assert.Equal([0f, 2], response.Outputs.Single().ToFloats());
    }

    [Fact]
    public async Task It_is_described_before_the_first_call_and_joins_batches()
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, Exposed());
        await serving.StartAsync();

        var metadata = await serving.Host.GetMetadataAsync(ModelReference.Parse("m", null), Token);
        var configuration = await serving.Host.GetConfigurationAsync(ModelReference.Parse("m", null), Token);

        Assert.Equal(["y FP32[-1,2]", "h FP32[-1,2]"], metadata.Outputs.Select(output => $"{output}"));
        Assert.Equal(BatchDecision.DefaultMaxBatchSize, configuration.MaxBatchSize);
    }

    [Theory]
    [InlineData(TensorType.Int64, null)]
    [InlineData(TensorType.Float, "config.pbtxt declares the output 'h' as FP32: the graph has INT64")]
    public async Task The_declared_type_is_compared_with_the_inferred_one(TensorType declared, string? expected)
    {
        await using var serving = new ServingFixture();
        serving.Add("m", 1, new ModelBuilder("m")
            .Input("x", TensorType.Float, "n", 2).Node("Shape", ["x"], "h").Node("Neg", ["x"], "y")
            .Output("y", TensorType.Float, "n", 2).UntypedOutput("h"));
        File.WriteAllText(
            Path.Combine(serving.PathOf("m", 1), "..", "..", "config.pbtxt"),
            $"output {{ name: 'h' data_type: TYPE_{(declared == TensorType.Float ? "FP32" : "INT64")} }}");
        await serving.StartAsync();

        var error = await Record.ExceptionAsync(async () => (await serving.InferAsync("m", Tensors.Floats("x", [1, 2], 1, 2))).Dispose());

        Assert.Equal(expected is null ? null : $"model 'm' version '1' is not available: {expected}", error?.Message);
    }

    [Fact]
    public void A_publish_compares_the_known_part_of_the_signature_with_the_serving_version()
    {
        var known = new TensorSpec("h", Abstractions.Tensors.TensorType.Float32, [-1, 2]);
        var open = new TensorSpec("h", default, [-1]) { AnyRank = true };

        Assert.Empty(SignatureCompatibility.FindDifferences([], [known], [], [open]));
        Assert.Equal(["output 'h' FP32[-1,2] is missing"], SignatureCompatibility.FindDifferences([], [known], [], []));
    }

    private static ModelBuilder Exposed() => new ModelBuilder("m")
        .Input("x", TensorType.Float, "n", 2).Node("Relu", ["x"], "h").Node("Neg", ["h"], "y")
        .Output("y", TensorType.Float, "n", 2).UntypedOutput("h");
}
