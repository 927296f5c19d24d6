using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Batching;
using Krewe.Serving.Execution;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Statistics;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Versions;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Serving.Tests.Batching;

/// <summary>
/// Where requests run. There are no runner threads, so what is not run on the pool waits; and no time passes during a run, so that what was
/// learned stays.
/// </summary>
public sealed class BatchQueueTests : IAsyncDisposable
{
    private static readonly TimeSpan Tiny = TimeSpan.FromMicroseconds(5), Short = TimeSpan.FromMicroseconds(100);
    private readonly ServingFixture serving = new();
    private readonly RunnerThreads threads = new(0, 0, TimeProvider.System, NullLogger<RunnerThreads>.Instance);
    private readonly FakeTimeProvider time = new();
    private readonly ShortRuns runs = new();
    private readonly VersionStatistics statistics = new();
    private readonly List<PendingInference> made = [];
    private LoadedModel? loaded;

    [Fact]
    public async Task A_request_waits_for_a_runner_thread_while_nothing_is_known_of_its_runs()
    {
        using var queue = await QueueAsync();

        queue.Enqueue(Pending(rows: 0));
        queue.Enqueue(Pending(rows: 1));

        Assert.Equal(2, queue.Length);
    }

    [Fact]
    public async Task A_tiny_request_that_is_never_batched_is_answered_at_once()
    {
        using var queue = await QueueAsync();
        Learn(Tiny);
        var pending = Pending(rows: 0);

        queue.Enqueue(pending);

        Assert.True(pending.Answer.IsCompleted);
        (await pending.Answer).Dispose();
        Assert.Equal(1, statistics.Executions);
    }

    [Fact]
    public async Task Tiny_requests_are_answered_by_the_thread_pool()
    {
        using var queue = await QueueAsync();
        Learn(Tiny);
        var all = Enumerable.Range(0, 100).Select(_ => Pending(rows: 1)).ToList();

        all.ForEach(queue.Enqueue);

        foreach (var pending in all)
        {
            (await pending.Answer).Dispose();
        }

        Assert.Equal(0, queue.Length);
        Assert.Equal(100, statistics.Inferences);
    }

    [Fact]
    public async Task A_request_with_larger_inputs_than_any_that_ran_briefly_waits_and_so_does_what_follows_it()
    {
        using var queue = await QueueAsync();
        Learn(Tiny);

        queue.Enqueue(Pending(rows: 2));
        var follower = Pending(rows: 1);
        queue.Enqueue(follower);
        await PoolIsDoneAsync();

        Assert.Equal(2, queue.Length);
        Assert.False(follower.Answer.IsCompleted);
    }

    [Fact]
    public async Task A_short_request_is_answered_at_once_while_requests_come_one_at_a_time()
    {
        using var queue = await QueueAsync();
        Learn(Short);
        for (var i = 0; i < 16; i++)
        {
            queue.Enqueue(Pending(rows: 1));
            Assert.Equal(1, queue.Length);
            queue.RunNext();
        }

        var pending = Pending(rows: 1);
        queue.Enqueue(pending);

        Assert.True(pending.Answer.IsCompleted);

        Assert.True(runs.TryBeginIdle(Bytes));
        queue.Enqueue(Pending(rows: 1));
        queue.Enqueue(Pending(rows: 1));
        Assert.Equal(2, queue.Length);
        runs.EndIdle();
        queue.RunNext();
        queue.Enqueue(Pending(rows: 1));
        Assert.Equal(1, queue.Length);
    }

    [Fact]
    public async Task Nothing_runs_in_a_grains_turn_where_the_next_request_would_have_to_wait_for_it()
    {
        using var queue = await QueueAsync();
        Learn(Short);
        for (var i = 0; i < 16; i++)
        {
            runs.AddBatch(1);
        }

        var turns = new ConcurrentExclusiveSchedulerPair().ExclusiveScheduler;
        await Task.Factory.StartNew(() => queue.Enqueue(Pending(rows: 1)), default, TaskCreationOptions.None, turns);

        Assert.Equal(1, queue.Length);
    }

    [Fact]
    public async Task A_version_with_a_batching_delay_never_runs_on_the_pool()
    {
        using var queue = await QueueAsync(TimeSpan.FromHours(1));
        Learn(Tiny);

        queue.Enqueue(Pending(rows: 0));

        Assert.Equal(1, queue.Length);
    }

    public async ValueTask DisposeAsync()
    {
        threads.Dispose();
        made.ForEach(static pending => pending.Abandon(new CancellationToken(canceled: true)));
        await serving.DisposeAsync();
    }

    private const int Bytes = 16;

    private async Task<BatchQueue> QueueAsync(TimeSpan delay = default)
    {
        serving.Add("m", 1, TinyModels.Linear());
        await serving.StartAsync();
        loaded = (await serving.Get<VersionLoader>().LeaseAsync(
            serving.Get<ServedModels>().AllVersions.Single(), TestContext.Current.CancellationToken))!;
        loaded.Return();
        var runner = new BatchRunner(
            new ModelId(ModelName.Parse("m"), new ModelVersion(1)), loaded.Session, statistics, serving.Get<ServingCounters>().BatchSizes,
            time, serving.Get<ILogger<BatchRunner>>(), shortRuns: runs);
        return new BatchQueue(runner, new BatchQueueOptions(32, delay, 1000, 2), threads, statistics, time);
    }

    private void Learn(TimeSpan duration)
    {
        for (var i = 0; i < 200; i++)
        {
            runs.Add(Bytes, duration);
        }
    }

    private PendingInference Pending(int rows)
    {
        Assert.True(loaded!.TryLease());
        var input = Tensors.Random("x", 1, Math.Max(1, rows), 4);
        made.Add(new PendingInference(
            new InferenceRequest { Model = ModelReference.Parse("m"), Inputs = [input] }, loaded,
            [new TensorData(input.Type, [.. input.Shape], input.Data)], rows, default, time.GetTimestamp()));
        return made[^1];
    }

    /// <summary>What the pool had been given has run.</summary>
    private static async Task PoolIsDoneAsync()
    {
        var done = new TaskCompletionSource();
        ThreadPool.UnsafeQueueUserWorkItem(static done => done.SetResult(), done, preferLocal: false);
        await done.Task;
    }
}
