using Krewe.Serving.Execution;
using Krewe.Serving.Tests.Hosting;
using Microsoft.Extensions.Logging.Abstractions;

namespace Krewe.Serving.Tests.Execution;

public sealed class RunnerThreadsTests
{
    private static readonly TimeSpan WaitLimit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task A_source_does_not_wait_behind_long_runs_of_others()
    {
        using var threads = new RunnerThreads(2, 4, TimeProvider.System, NullLogger<RunnerThreads>.Instance);
        using var release = new ManualResetEventSlim();
        var busy = Enumerable.Range(0, 3).Select(_ => new Source(release.Wait)).ToArray();
        Array.ForEach(busy, source => source.Add(threads));
        await Task.WhenAll(busy.Select(source => source.Started));

        // The long runs end only after this, so it does not start by waiting for one of them.
        var quick = new Source(() => { });
        quick.Add(threads);
        await quick.Started.WaitAsync(WaitLimit, TestContext.Current.CancellationToken);

        Assert.True(threads.Count > 2);
        release.Set();
    }

    [Fact]
    public async Task Sources_run_in_turn_regardless_of_their_queue_lengths()
    {
        using var threads = new RunnerThreads(1, 0, TimeProvider.System, NullLogger<RunnerThreads>.Instance);
        using var release = new ManualResetEventSlim();
        var order = new List<string>();
        Source Named(string name) => new(() =>
        {
            release.Wait();
            lock (order)
            {
                order.Add(name);
            }
        });
        var (greedy, modest) = (Named("greedy"), Named("modest"));

        for (var i = 0; i < 100; i++)
        {
            greedy.Add(threads);
        }

        await greedy.Started;
        modest.Add(threads);
        release.Set();
        await ServingFixture.UntilAsync(() => greedy.Left == 0 && modest.Left == 0 && threads.Count == 1 && Count() == 101);

        Assert.InRange(order.IndexOf("modest"), 0, 2);

        int Count()
        {
            lock (order)
            {
                return order.Count;
            }
        }
    }

    [Fact]
    public async Task Nothing_is_lost_between_many_callers_and_runners()
    {
        using var threads = new RunnerThreads(3, 2, TimeProvider.System, NullLogger<RunnerThreads>.Instance);
        var done = 0;
        var sources = Enumerable.Range(0, 20).Select(_ => new Source(() => Interlocked.Increment(ref done))).ToArray();

        await Task.WhenAll(Enumerable.Range(0, 8).Select(caller => Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                sources[(i * 7 + caller) % sources.Length].Add(threads);
            }
        })));

        await ServingFixture.UntilAsync(() => Volatile.Read(ref done) == 40_000).WaitAsync(WaitLimit, TestContext.Current.CancellationToken);
    }

    private sealed class Source(Action work) : RunSource
    {
        private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int left;

        public Task Started => started.Task;

        public int Left => Volatile.Read(ref left);

        public override int MaxConcurrentRuns => 2;

        public void Add(RunnerThreads threads)
        {
            Interlocked.Increment(ref left);
            threads.Signal(this);
        }

        public override bool HasWork(int activeRuns) => Left > 0;

        public override void RunNext()
        {
            if (Interlocked.Decrement(ref left) >= 0)
            {
                started.TrySetResult();
                work();
            }
            else
            {
                Interlocked.Increment(ref left);
            }
        }
    }
}
