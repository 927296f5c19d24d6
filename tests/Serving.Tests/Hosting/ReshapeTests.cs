using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Onnx.Building;
using TensorType = Krewe.Onnx.Building.TensorType;

namespace Krewe.Serving.Tests.Hosting;

/// <summary>Callers see the dims of a <c>config.pbtxt</c>, the graph its reshape.</summary>
public sealed class ReshapeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Without_batches_the_whole_shape_is_another()
    {
        // Triton's densenet in small: pictures come without the dimension that the graph has for them.
        await using var serving = await ServeAsync(
            Mean(1), "input { name: 'x' dims: [ 3, 4, 4 ] reshape { shape: [ 1, 3, 4, 4 ] } } output { name: 'y' dims: [ 3 ] reshape { shape: [ 1, 3, 1, 1 ] } }");

        using var response = await serving.InferAsync("m", Tensors.Floats("x", [3, 4, 4], Pixels(1)));

        Assert.Equal([3], response.Outputs.Single().Shape);
        Assert.Equal([1f, 2, 3], response.Outputs.Single().ToFloats());
        var metadata = await serving.Host.GetMetadataAsync(ModelReference.Parse("m", null), Token);
        Assert.Equal(("x FP32[3,4,4]", "y FP32[3]"), ($"{metadata.Inputs.Single()}", $"{metadata.Outputs.Single()}"));
        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Tensors.Floats("x", [1, 3, 4, 4], Pixels(1))));
        Assert.Equal((KreweErrorCode.InvalidInput, "input 'x' of model 'm/1' has shape [1,3,4,4], expected [3,4,4]"), (error.Code, error.Message));
    }

    [Fact]
    public async Task With_batches_it_is_that_of_a_row_and_requests_share_runs()
    {
        await using var serving = await ServeAsync(
            Mean("n"),
            "max_batch_size: 4 input { name: 'x' dims: [ 48 ] reshape { shape: [ 3, 4, 4 ] } } output { name: 'y' dims: [ 1, 3 ] reshape { shape: [ 3, 1, 1 ] } }");

        var answers = await Task.WhenAll(Enumerable.Range(1, 40).Select(rows =>
            Task.Run(() => serving.InferAsync("m", Tensors.Floats("x", [1 + (rows % 6), 48], [.. Enumerable.Range(0, 1 + (rows % 6)).SelectMany(row => Pixels(rows + row))])))));

        for (var i = 0; i < answers.Length; i++)
        {
            var rows = 1 + ((i + 1) % 6);
            Assert.Equal([rows, 1, 3], answers[i].Outputs.Single().Shape);
            Assert.Equal(Enumerable.Range(0, rows).SelectMany(row => new float[] { i + 1 + row, i + 2 + row, i + 3 + row }), answers[i].Outputs.Single().ToFloats());
            answers[i].Dispose();
        }
    }

    [Theory]
    [InlineData("input { name: 'x' dims: [ 1 ] reshape { shape: [ ] } }", "max_batch_size: 8 ", new long[] { 2, 1 })]
    [InlineData("input { name: 'x' dims: [ 2 ] reshape { shape: [ 2 ] } }", "", new long[] { 2 })]
    [InlineData("input { name: 'x' dims: [ 1, -1 ] reshape { shape: [ -1 ] } }", "", new long[] { 1, 2 })]
    [InlineData("input { name: 'x' dims: [ -1, 1, 1 ] reshape { shape: [ -1 ] } }", "", new long[] { 2, 1, 1 })]
    public async Task Shapes_without_a_dimension_and_with_free_ones_are_followed(string input, string batch, long[] shape)
    {
        await using var serving = await ServeAsync(
            new ModelBuilder("m").Input("x", TensorType.Float, "n").Node("Neg", ["x"], "y").Output("y", TensorType.Float, "n"), batch + input);

        using var response = await serving.InferAsync("m", Tensors.Floats("x", shape, 1, 2));

        Assert.Equal([-1f, -2], response.Outputs.Single().ToFloats());
        Assert.Equal([2], response.Outputs.Single().Shape);
    }

    [Fact]
    public async Task What_the_graph_says_otherwise_is_an_error()
    {
        await using var serving = await ServeAsync(Mean(1), "input { name: 'x' dims: [ 3, 4, 4 ] reshape { shape: [ 3, 4, 4 ] } }");
        await using var other = await ServeAsync(Mean(1), "input { name: 'x' dims: [ 48 ] reshape { shape: [ 3, 4, 4, 1 ] } }");

        Assert.Contains("with the shape [3,4,4] ", await FailAsync(serving), StringComparison.Ordinal);
        Assert.Contains("with the reshape [3,4,4,1] ", await FailAsync(other), StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_output_of_an_undeclared_shape_is_an_error()
    {
        await using var serving = await ServeAsync(
            new ModelBuilder("m").Input("x", TensorType.Float, "n", "k").Node("Transpose", ["x"], "y").Output("y", TensorType.Float, "k", "n"),
            "input { name: 'x' dims: [ -1, -1 ] } output { name: 'y' dims: [ 4 ] reshape { shape: [ 2, 2 ] } }");

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Tensors.Floats("x", [1, 3], 1, 2, 3)));

        Assert.Equal(
            "output 'y' has the shape [3,1], and the model's settings reshape between [4] for callers and [2,2] in the graph", error.Message);
        using var response = await serving.InferAsync("m", Tensors.Floats("x", [2, 2], 1, 2, 3, 4));
        Assert.Equal([1f, 3, 2, 4], response.Outputs.Single().ToFloats());
        Assert.Equal([4], response.Outputs.Single().Shape);
    }

    private static async Task<string> FailAsync(ServingFixture serving) =>
        (await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("m", Tensors.Floats("x", [3, 4, 4], Pixels(1))))).Message;

    /// <summary>Three channels of 4 × 4, each of one value: the seed and the two after it.</summary>
    private static float[] Pixels(int seed) => [.. Enumerable.Range(0, 48).Select(i => (float)(seed + (i / 16)))];

    private static ModelBuilder Mean(Dimension batch) => new ModelBuilder("m")
        .Input("x", TensorType.Float, batch, 3, 4, 4).Node("GlobalAveragePool", ["x"], "y").Output("y", TensorType.Float, batch, 3, 1, 1);

    private static async Task<ServingFixture> ServeAsync(ModelBuilder model, string settings)
    {
        var serving = new ServingFixture();
        serving.Add("m", 1, model);
        await File.WriteAllTextAsync(Path.Combine(serving.PathOf("m", 1), "..", "..", "config.pbtxt"), settings, Token);
        await serving.StartAsync();
        return serving;
    }
}
