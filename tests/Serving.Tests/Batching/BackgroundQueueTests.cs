using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Batching;
using Krewe.Serving.Memory;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Versions;

namespace Krewe.Serving.Tests.Batching;

public sealed class BackgroundQueueTests
{
    private static readonly ModelReference Slow = ModelReference.Parse("slow", "1");

    [Fact]
    public async Task A_background_request_is_answered_but_not_counted()
    {
        await using var serving = new ServingFixture();
        serving.Add("mlp", 1, TinyModels.Mlp(16, 32, 8));
        await serving.StartAsync();
        var input = Tensors.Random("x", 1, 3, 16);
        using var real = await serving.InferAsync("mlp", 1, input);

        using var request = new InferenceRequest { Model = ModelReference.Parse("mlp", "1"), Inputs = [input], IsBackground = true };
        using var background = await serving.Host.InferAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(real.Outputs[0].ToFloats(), background.Outputs[0].ToFloats());
        var statistics = (await serving.Host.GetStatisticsAsync(null, default)).Single();
        Assert.Equal((1, 0, 1), (statistics.Success.Count, statistics.Fail.Count, statistics.Queue.Count));
        Assert.Equal((2, 6), (statistics.ExecutionCount, statistics.InferenceCount));
    }

    [Fact]
    public async Task It_loads_nothing_and_keeps_nothing_in_memory()
    {
        await using var serving = new ServingFixture();
        serving.Add("mlp", 1, TinyModels.Mlp(16, 8));
        await serving.StartAsync();
        Tensor[] inputs = [Tensors.Random("x", 1, 1, 16)];

        var cold = await Assert.ThrowsAsync<KreweException>(() => BackgroundAsync(serving, ModelReference.Parse("mlp", "1"), inputs));
        Assert.Equal(KreweErrorCode.Overloaded, cold.Code);
        Assert.Equal(VersionState.Absent, (await serving.Host.ListAsync(default)).Single().State);

        (await serving.InferAsync("mlp", 1, inputs)).Dispose();
        var loaded = serving.Get<ServedModels>().AllVersions.Single().Loaded!;
        await ServingFixture.UntilAsync(() => loaded.IsIdle);
        var lastUsed = loaded.LastUsed;
        await BackgroundAsync(serving, ModelReference.Parse("mlp", "1"), inputs);
        Assert.Equal(lastUsed, loaded.LastUsed);
    }

    [Fact]
    public async Task Foreground_calls_do_not_wait_for_it_and_a_full_queue_rejects_at_once()
    {
        await using var serving = new ServingFixture();
        serving.Add("slow", 1, TinyModels.SlowOnDemand(), """{"maxConcurrentRuns": 1}""");
        await serving.StartAsync(options => options.RunnerThreads = 1);
        Tensor[] Inputs(long turns) => [Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("slow", Inputs(1))).Dispose();

        // The first one runs until it is given up, the others wait behind it.
        using var giveUp = new CancellationTokenSource();
        var endless = Enumerable.Range(0, BackgroundQueue.MaxLength + 8)
            .Select(_ => BackgroundAsync(serving, Slow, Inputs(400_000_000), giveUp.Token)).ToArray();
        var refused = endless.Where(call => call.IsFaulted).ToArray();
        Assert.InRange(refused.Length, 7, 8);
        foreach (var call in refused)
        {
            Assert.Equal(KreweErrorCode.Overloaded, (await Assert.ThrowsAsync<KreweException>(() => call)).Code);
        }

        // Were it in the same row, or on the same thread, this would not end.
        (await serving.InferAsync("slow", Inputs(10))).Dispose();
        Assert.Contains(endless, call => !call.IsCompleted);

        await giveUp.CancelAsync();
        foreach (var call in endless.Except(refused))
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        serving.Get<MemoryBudget>().TerminateRuns();
    }

    [Fact]
    public async Task Waiting_background_requests_do_not_prevent_an_unload()
    {
        await using var serving = new ServingFixture();
        serving.Add("slow", 1, TinyModels.SlowOnDemand());
        await serving.StartAsync();
        Tensor[] Inputs(long turns) => [Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("slow", Inputs(1))).Dispose();

        var calls = Enumerable.Range(0, 8).Select(_ => BackgroundAsync(serving, Slow, Inputs(20_000))).ToArray();
        await serving.Host.UnloadAsync(Slow, TestContext.Current.CancellationToken);

        var ends = await Task.WhenAll(calls.Select(async call => (await Record.ExceptionAsync(() => call)) as KreweException));
        Assert.All(ends.OfType<KreweException>(), error => Assert.Equal(KreweErrorCode.Unavailable, error.Code));
        Assert.True(ends.OfType<KreweException>().Any(), "all of them ran, though the version was to go");
        Assert.Equal(0, serving.Get<MemoryBudget>().AccountedBytes);
    }

    private static async Task BackgroundAsync(
        ServingFixture serving, ModelReference model, Tensor[] inputs, CancellationToken cancellationToken = default)
    {
        using var request = new InferenceRequest { Model = model, Inputs = inputs, IsBackground = true };
        (await serving.Host.InferAsync(request, cancellationToken)).Dispose();
    }
}
