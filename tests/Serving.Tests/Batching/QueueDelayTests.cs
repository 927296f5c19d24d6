using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Tests.Hosting;

namespace Krewe.Serving.Tests.Batching;

public sealed class QueueDelayTests
{
    [Fact]
    public async Task An_opt_in_delay_lets_requests_gather()
    {
        await using var serving = new ServingFixture();
        serving.Add("mlp", 1, TinyModels.Mlp(4, 3), """{"maxQueueDelayMicroseconds": 2000000, "maxBatchSize": 3}""");
        await serving.StartAsync();

        var answers = await Task.WhenAll(Enumerable.Range(0, 3).Select(seed => serving.InferAsync("mlp", Tensors.Random("x", seed, 1, 4))));
        using var alone = await serving.InferAsync("mlp", Tensors.Random("x", 9, 1, 4));

        var statistics = (await serving.Host.GetStatisticsAsync(null, default)).Single();
        Assert.Equal([1L, 3L], statistics.Batches.Select(batch => batch.BatchSize));
        Assert.Equal(2, statistics.ExecutionCount);
        Array.ForEach(answers, answer => answer.Dispose());
    }

    [Fact]
    public async Task Without_a_delay_no_request_waits_while_a_runner_is_idle()
    {
        await using var serving = new ServingFixture();
        serving.Add("mlp", 1, TinyModels.Mlp(4, 3));
        await serving.StartAsync();

        for (var seed = 0; seed < 20; seed++)
        {
            (await serving.InferAsync("mlp", Tensors.Random("x", seed, 1, 4))).Dispose();
        }

        Assert.Equal(20, (await serving.Host.GetStatisticsAsync(null, default)).Single().ExecutionCount);
    }

    [Fact]
    public async Task Abandoned_requests_are_dropped_before_a_run()
    {
        await using var serving = new ServingFixture();
        serving.Add("slow", 1, TinyModels.SlowOnDemand(), """{"maxConcurrentRuns": 1}""");
        await serving.StartAsync();
        Tensor[] Inputs(long turns) => [Tensors.Random("x", 1, 1, 128), Tensors.Longs("turns", [], turns)];
        (await serving.InferAsync("slow", Inputs(1))).Dispose();
        var running = serving.InferAsync("slow", Inputs(200_000));
        using var giveUp = new CancellationTokenSource();
        var waiting = Enumerable.Range(0, 10).Select(_ => CallAsync()).ToArray();

        await giveUp.CancelAsync();
        foreach (var call in waiting)
        {
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        }

        (await running).Dispose();
        (await serving.InferAsync("slow", Inputs(1))).Dispose();
        Assert.Equal(3, (await serving.Host.GetStatisticsAsync(null, default)).Single().ExecutionCount);

        async Task CallAsync()
        {
            using var request = new InferenceRequest { Model = ModelReference.Parse("slow"), Inputs = Inputs(50_000) };
            (await serving.Host.InferAsync(request, giveUp.Token)).Dispose();
        }
    }
}
