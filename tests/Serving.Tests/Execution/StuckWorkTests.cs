using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Serving.Execution;
using Krewe.Serving.OnnxRuntime;
using Krewe.Serving.Tests.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Serving.Tests.Execution;

/// <summary>A process says that it is not ready while native calls do not come back.</summary>
public sealed class StuckWorkTests : IDisposable
{
    private static readonly ModelId Iris = new(ModelName.Parse("iris"), new ModelVersion(2));
    private readonly FakeTimeProvider time = new();
    private readonly RunWatch watch;
    private readonly RunnerThreads runners;
    private readonly StuckWork stuck;

    public StuckWorkTests()
    {
        watch = new RunWatch(time);
        runners = new RunnerThreads(2, 0, TimeProvider.System, NullLogger<RunnerThreads>.Instance);
        stuck = new StuckWork(watch, runners, time);
    }

    public void Dispose()
    {
        runners.Dispose();
        watch.Dispose();
    }

    [Fact]
    public void Opening_a_file_may_take_its_limit_and_a_margin()
    {
        var limit = TimeSpan.FromSeconds(60);
        using (stuck.BeginOpening(Iris, limit))
        {
            time.Advance(limit + RunWatch.Margin);
            Assert.True(stuck.Check().IsReady);

            time.Advance(TimeSpan.FromSeconds(1));
            Assert.False(stuck.Check().IsReady);
            Assert.Contains("loading is stuck: opening the file of model 'iris/2' has not ended within 60 s", stuck.Check().Reason, StringComparison.Ordinal);
        }

        Assert.True(stuck.Check().IsReady);
    }

    [Fact]
    public async Task A_warm_up_that_ignores_its_end_holds_up_all_loads()
    {
        using var release = new ManualResetEventSlim();
        var run = Run(RunKind.Load, TimeSpan.FromSeconds(1), release);

        time.Advance(TimeSpan.FromSeconds(2));
        time.Advance(RunWatch.Margin);
        Assert.True(stuck.Check().IsReady);
        time.Advance(TimeSpan.FromSeconds(1));
        Assert.Contains("loading is stuck: a warm-up run", stuck.Check().Reason, StringComparison.Ordinal);

        release.Set();
        await run;
        Assert.True(stuck.Check().IsReady);
    }

    [Fact]
    public async Task Runs_that_ignore_their_end_count_once_they_have_all_runner_threads()
    {
        using var release = new ManualResetEventSlim();
        Task[] runs = [Run(RunKind.Foreground, TimeSpan.FromSeconds(1), release), Run(RunKind.Background, TimeSpan.FromSeconds(1), release)];
        time.Advance(TimeSpan.FromSeconds(2));
        time.Advance(2 * RunWatch.Margin);
        Assert.True(stuck.Check().IsReady);

        runs = [.. runs, Run(RunKind.Foreground, TimeSpan.FromSeconds(1), release)];
        time.Advance(TimeSpan.FromSeconds(2));
        time.Advance(2 * RunWatch.Margin);
        Assert.Contains("running is stuck: 2 runs, as many as there are runner threads, have not ended", stuck.Check().Reason, StringComparison.Ordinal);

        release.Set();
        await Task.WhenAll(runs);
        Assert.True(stuck.Check().IsReady);
    }

    [Fact]
    public async Task A_long_run_within_its_limit_is_not_stuck()
    {
        using var release = new ManualResetEventSlim();
        Task[] runs =
        [
            Run(RunKind.Foreground, Timeout.InfiniteTimeSpan, release), Run(RunKind.Foreground, TimeSpan.FromHours(2), release),
            Run(RunKind.Load, TimeSpan.FromHours(2), release),
        ];

        time.Advance(TimeSpan.FromHours(1));

        Assert.True(stuck.Check().IsReady);
        release.Set();
        await Task.WhenAll(runs);
    }

    [Fact]
    public async Task The_host_is_not_ready_and_says_why()
    {
        await using var serving = new ServingFixture { Replace = services => services.AddSingleton(stuck) };
        await serving.StartAsync();
        Assert.True((await serving.Host.GetReadinessAsync(TestContext.Current.CancellationToken)).IsReady);
        using (stuck.BeginOpening(Iris, TimeSpan.FromSeconds(1)))
        {
            time.Advance(TimeSpan.FromMinutes(1));

            var readiness = await serving.Host.GetReadinessAsync(TestContext.Current.CancellationToken);

            Assert.False(readiness.IsReady);
            Assert.Contains("loading is stuck", readiness.Reason, StringComparison.Ordinal);
        }
    }

    /// <summary>A run that ends when it is released; returns once it is under way.</summary>
    private Task Run(RunKind kind, TimeSpan limit, ManualResetEventSlim release)
    {
        using var begun = new ManualResetEventSlim();
        var ended = new TaskCompletionSource();
        var session = new OnnxSession(new DeafGraph(), new SessionSignature([], [], HasBatchDimension: false, null!), ExecutionProvider.Cpu, watch, limit);
        new Thread(() =>
        {
            using (session.Begin(1, limit, kind))
            {
                begun.Set();
                release.Wait();
            }

            ended.SetResult();
        }) { IsBackground = true }.Start();
        begun.Wait(TestContext.Current.CancellationToken);
        return ended.Task;
    }

    /// <summary>Its runs do not notice that they are terminated.</summary>
    private sealed class DeafGraph : IGraph
    {
        public WorkerInfo? Worker => null;

        public GraphOutput OutputOf(string name) => throw new NotSupportedException();

        public GraphRun BeginRun(bool isBackground) => new DeafRun();

        public RunOutput[] Run(GraphRun run, ReadOnlySpan<TensorData> inputs, IReadOnlyCollection<string> outputNames) => [];

        public void Dispose()
        {
        }
    }

    private sealed class DeafRun : GraphRun
    {
        public override void Terminate()
        {
        }

        public override void Release(bool wasTerminated)
        {
        }
    }
}
