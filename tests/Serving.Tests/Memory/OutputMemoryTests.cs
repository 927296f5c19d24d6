using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Memory;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Tests.Hosting;

namespace Krewe.Serving.Tests.Memory;

/// <summary>The outputs of a run count for the memory of calls, before the run where the signature tells their size.</summary>
public sealed class OutputMemoryTests : IAsyncDisposable
{
    private const int Columns = 100_000;
    private const int RowBytes = Columns * sizeof(float);
    private readonly ServingFixture serving = new();

    public ValueTask DisposeAsync() => serving.DisposeAsync();

    [Fact]
    public async Task Outputs_count_until_they_are_freed()
    {
        const int Rows = 100;
        serving.Add("wide", 1, TinyModels.Linear(1, Columns), """{"maxBatchSize":0}""");
        await serving.StartAsync();

        using var answer = await serving.InferAsync("wide", Tensors.Floats("x", [Rows, 1], new float[Rows]));

        Assert.InRange(CallMemory.Shared.Used, Rows * RowBytes, CallMemory.Shared.Limit);
    }

    [Fact]
    public async Task A_run_whose_outputs_would_be_too_much_is_refused_before_it_begins()
    {
        serving.Add("wide", 1, TinyModels.Linear(1, Columns), """{"maxBatchSize":0}""");
        await serving.StartAsync();
        var rows = (int)(CallMemory.Shared.Limit / RowBytes) + 1;

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("wide", Tensors.Floats("x", [rows, 1], new float[rows])));

        Assert.Equal(KreweErrorCode.Overloaded, error.Code);
        Assert.EndsWith($"at most {ErrorText.Bytes(CallMemory.Shared.Limit)} are for calls; send less", error.Message, StringComparison.Ordinal);
    }
}
