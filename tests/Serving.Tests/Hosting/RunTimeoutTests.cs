using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Batching;
using Krewe.Serving.Memory;
using Krewe.Serving.Statistics;
using Krewe.Serving.Versions;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Tests.Hosting;

/// <summary>Runs that would never end are terminated: one runner thread and one load thread serve the next call or load.</summary>
public sealed class RunTimeoutTests : IAsyncDisposable
{
    private const int Width = 4;
    private const long Endless = 1L << 62;
    private static readonly TimeSpan Ample = TimeSpan.FromMinutes(1);
    private readonly ServingFixture serving = new();

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public ValueTask DisposeAsync() => serving.DisposeAsync();

    [Fact]
    public async Task A_run_past_its_callers_deadline_is_terminated()
    {
        await StartAsync();

        Assert.Equal(KreweErrorCode.DeadlineExceeded, (await FailAsync(timeout: TimeSpan.FromMilliseconds(100))).Code);

        await CheckFreeAsync();
    }

    [Fact]
    public async Task A_run_whose_caller_has_gone_is_terminated()
    {
        await StartAsync();
        using var caller = new CancellationTokenSource();
        using var request = Request(Endless);
        var call = serving.Host.InferAsync(request, caller.Token).AsTask();
        await UntilItRunsAsync();

        await caller.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        await CheckFreeAsync();
    }

    [Fact]
    public async Task Without_a_deadline_the_hosts_limit_applies()
    {
        await StartAsync(TimeSpan.FromMilliseconds(100));

        var error = await FailAsync();

        Assert.Equal(KreweErrorCode.DeadlineExceeded, error.Code);
        Assert.Equal("a run of model 'slow/1' did not finish within 0.1 s, the limit for requests without a timeout", error.Message);
        await CheckFreeAsync();
    }

    [Theory]
    [InlineData("""{"runTimeoutSeconds": 0.1}""", false)]
    [InlineData("""{"runTimeoutSeconds": 0}""", true)]
    public async Task A_models_own_limit_comes_first(string settings, bool isAnswered)
    {
        await StartAsync(isAnswered ? TimeSpan.FromMilliseconds(1) : Timeout.InfiniteTimeSpan, settings);

        if (isAnswered)
        {
            // Longer than the host's limit and the interval at which it is checked.
            using var request = Request(1_000_000);
            using var response = await serving.Host.InferAsync(request, Cancellation);
            Assert.Equal([1L, Width], response.Outputs[0].Shape);
        }
        else
        {
            Assert.Equal(KreweErrorCode.DeadlineExceeded, (await FailAsync()).Code);
            await CheckFreeAsync();
        }

        var shown = await serving.Host.GetConfigurationAsync(ModelReference.Parse("slow"), Cancellation);
        Assert.Equal(isAnswered ? null : TimeSpan.FromMilliseconds(100), shown.RunTimeout);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_batch_is_answered_to_those_that_still_wait(bool gaveUp)
    {
        // Without a warm-up, which has the limit too.
        serving.Add("m", 1, TinyModels.Slow(300_000, Width), """{"warmUp": false, "maxBatchSize": 32}""");
        await serving.StartAsync(options => (options.RunTimeout, options.Isolation) = (gaveUp ? Ample : TimeSpan.FromMilliseconds(1), IsolationMode.None));
        using var loaded = new Leased(await serving.Get<VersionLoader>().LeaseAsync(
            serving.Get<ServedModels>().AllVersions.Single(), Cancellation));
        var runner = new BatchRunner(
            new ModelId(ModelName.Parse("m"), new ModelVersion(1)), loaded.Model.Session, new VersionStatistics(),
            serving.Get<ServingCounters>().BatchSizes, TimeProvider.System, serving.Get<ILogger<BatchRunner>>());
        var inputs = Enumerable.Range(0, 2).Select(static seed => Tensors.Random("x", seed, 1, Width)).ToArray();
        List<PendingInference> batch =
            [Pending(loaded.Model, inputs[0], Timeout.InfiniteTimeSpan), Pending(loaded.Model, inputs[1], TimeSpan.FromHours(1))];

        var run = Task.Run(() => runner.Run(batch, 32), Cancellation);
        if (gaveUp)
        {
            batch[0].Abandon(new CancellationToken(canceled: true));
        }

        await run.WaitAsync(Ample, Cancellation);

        using var answer = await batch[1].Answer;
        using var request = new InferenceRequest { Model = ModelReference.Parse("m"), Inputs = [inputs[1]], Timeout = TimeSpan.FromHours(1) };
        using var alone = await serving.Host.InferAsync(request, Cancellation);
        Assert.Equal(alone.Outputs[0].ToFloats(), answer.Outputs[0].ToFloats());
        var error = await Assert.ThrowsAnyAsync<Exception>(async () => await batch[0].Answer);
        Assert.Equal(gaveUp, error is OperationCanceledException);
        Assert.Equal(gaveUp ? null : KreweErrorCode.DeadlineExceeded, (error as KreweException)?.Code);
    }

    [Fact]
    public async Task A_run_that_a_stop_ends_is_reported_as_unavailable()
    {
        await StartAsync(Timeout.InfiniteTimeSpan);
        using var request = Request(Endless);
        var call = serving.Host.InferAsync(request, Cancellation).AsTask();
        await UntilItRunsAsync();

        serving.Get<MemoryBudget>().TerminateRuns();

        Assert.Equal(KreweErrorCode.Unavailable, (await Assert.ThrowsAsync<KreweException>(() => call.WaitAsync(Ample, Cancellation))).Code);
    }

    [Fact]
    public async Task A_warm_up_that_never_ends_fails_the_load_and_frees_its_thread()
    {
        serving.Add("endless", 1, TinyModels.Slow(Endless, Width));
        serving.Add("other", 1, TinyModels.Linear());
        await serving.StartAsync(static options => (options.RunTimeout, options.LoadThreads) = (TimeSpan.FromMilliseconds(100), 1));

        var error = await Assert.ThrowsAsync<KreweException>(() => serving.InferAsync("endless", Tensors.Floats("x", [1, Width], new float[Width])));

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains("a run on synthetic input did not finish within 0.1 s, the most that runTimeoutSeconds allows", error.Message, StringComparison.Ordinal);
        using var answer = await serving.InferAsync("other", Tensors.Floats("x", [1, 4], 1, 2, 3, 4)).WaitAsync(Ample, Cancellation);
    }

    private static InferenceRequest Request(long turns, TimeSpan? timeout = null) => new()
    {
        Model = ModelReference.Parse("slow"),
        Inputs = [Tensors.Random("x", 1, 1, Width), Tensors.Longs("turns", [], turns)],
        Timeout = timeout ?? Timeout.InfiniteTimeSpan,
    };

    private static PendingInference Pending(LoadedModel model, Tensor input, TimeSpan timeout)
    {
        Assert.True(model.TryLease());
        var pending = new PendingInference(
            new InferenceRequest { Model = ModelReference.Parse("m"), Inputs = [input], Timeout = timeout }, model,
            RequestCheck.OrderInputs(new ModelId(ModelName.Parse("m"), new ModelVersion(1)), model.Session.Signature, [input]), 1, default, 0);
        Assert.True(pending.TryTake());
        return pending;
    }

    private async Task StartAsync(TimeSpan? limit = null, string? settings = null)
    {
        serving.Add("slow", 1, TinyModels.SlowOnDemand(Width), settings);
        serving.Add("other", 1, TinyModels.Linear());
        await serving.StartAsync(options =>
            (options.RunnerThreads, options.ExtraRunnerThreads, options.RunTimeout, options.Isolation) =
                (1, 0, limit ?? options.RunTimeout, IsolationMode.None));
    }

    private Task UntilItRunsAsync() => ServingFixture.UntilAsync(() =>
        serving.Get<ServedModels>().AllVersions.Single(static version => version.Id.Name.Value == "slow")
            .Loaded is { IsIdle: false, Queue.Length: 0 });

    private async Task<KreweException> FailAsync(TimeSpan? timeout = null)
    {
        using var request = Request(Endless, timeout);
        return await Assert.ThrowsAsync<KreweException>(() => serving.Host.InferAsync(request, Cancellation).AsTask().WaitAsync(Ample, Cancellation));
    }

    /// <summary>The only runner thread is free, and the version can be unloaded.</summary>
    private async Task CheckFreeAsync()
    {
        using var answer = await serving.InferAsync("other", Tensors.Floats("x", [1, 4], 1, 2, 3, 4)).WaitAsync(Ample, Cancellation);
        await serving.Host.UnloadAsync(ModelReference.Parse("slow"), Cancellation).AsTask().WaitAsync(Ample, Cancellation);
    }

    private sealed class Leased(LoadedModel? model) : IDisposable
    {
        public LoadedModel Model => model!;

        public void Dispose() => model!.Return();
    }
}
