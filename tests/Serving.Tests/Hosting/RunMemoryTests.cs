using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Memory;
using Krewe.Onnx.Building;

namespace Krewe.Serving.Tests.Hosting;

/// <summary>A run that would need more memory than there is for runs is refused before it begins, although its graph is plain.</summary>
public sealed class RunMemoryTests : IAsyncDisposable
{
    private const int Most = 1_000_000;
    private readonly ServingFixture serving = new();

    public ValueTask DisposeAsync() => serving.DisposeAsync();

    [Fact]
    public async Task A_small_input_that_shapes_multiply_is_refused_and_a_smaller_one_is_not()
    {
        // Every element times every other.
        serving.Add("outer", 1, new ModelBuilder("outer").Input("x", TensorType.Float, "n").Initializer("column", [-1L, 1], 2).Initializer("row", [1L, -1], 2)
            .Node("Reshape", ["x", "column"], "a").Node("Reshape", ["x", "row"], "b").Node("MatMul", ["a", "b"], "c")
            .Node("ReduceMax", ["c"], "y", ("keepdims", 0L)).Output("y", TensorType.Float));
        await serving.StartAsync();
        Assert.Null((await serving.Host.GetConfigurationAsync(Abstractions.Models.ModelReference.Parse("outer"), default)).IsolationReason);
        using (var answer = await serving.InferAsync("outer", Tensors.Floats("x", [3], 1, 2, 3)))
        {
            Assert.Equal([9f], answer["y"].ToFloats());
        }

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("outer", Tensors.Random("x", 1, Most)));

        Assert.Equal(KreweErrorCode.Overloaded, error.Code);
        Assert.Contains("are for runs; send less", error.Message, StringComparison.Ordinal);
        Assert.Equal(0, CallMemory.Runs.Used);
        using var next = await serving.InferAsync("outer", Tensors.Floats("x", [2], 4, 5));
        Assert.Equal([25f], next["y"].ToFloats());
    }
}
