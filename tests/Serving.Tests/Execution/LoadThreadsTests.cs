using Krewe.Abstractions.Errors;
using Krewe.Serving.Execution;
using Krewe.Serving.Tests.Hosting;
using Krewe.Serving.Tests.Repository;

namespace Krewe.Serving.Tests.Execution;

// Threads of other tests have the same name.
[Collection(Alone.Name)]
public sealed class LoadThreadsTests : IDisposable
{
    private readonly CompletionDispatcher completions = new();

    [Theory]
    [InlineData(1, false, 5)]
    [InlineData(1, true, 5)]
    [InlineData(2, false, 5)]
    [InlineData(2, true, 19)]
    public async Task A_large_job_has_the_thread_of_lowest_priority_where_there_are_several(int count, bool isLarge, int expected)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads have a niceness of their own on Linux alone");
        using var threads = new LoadThreads(count, completions);

        Assert.Equal(expected, await threads.RunAsync(Niceness.OfThisThread, isLarge));
    }

    [Fact]
    public async Task The_lowest_priority_thread_runs_no_small_jobs()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads have a niceness of their own on Linux alone");
        using var threads = new LoadThreads(2, completions);
        await threads.RunAsync(Niceness.OfThisThread, isLarge: true);
        var lowest = Assert.Single(Niceness.FindLowest("krewe-load"));
        var before = Niceness.CountSleeps(lowest);

        for (var i = 0; i < 200; i++)
        {
            await threads.RunAsync(static () => { });
        }

        // One to sleep after its own job, and some for the garbage collector, which stops all threads.
        Assert.InRange(Niceness.CountSleeps(lowest) - before, 0, 50);
    }

    [Fact]
    public async Task Waiting_jobs_still_run_at_the_end_and_new_ones_are_rejected()
    {
        var threads = new LoadThreads(2, completions);
        using var goOn = new ManualResetEventSlim();
        var jobs = new[] { false, true }.SelectMany(isLarge => new[]
        {
            threads.RunAsync(() => goOn.Wait(TimeSpan.FromMinutes(1)), isLarge), threads.RunAsync(() => true, isLarge),
        }).ToArray();
        var stop = Task.Run(threads.Dispose, TestContext.Current.CancellationToken);
        await ServingFixture.UntilAsync(IsClosed);
        goOn.Set();
        await stop;

        Assert.All(await Task.WhenAll(jobs), Assert.True);
        Assert.Equal(0, threads.QueueLength);

        bool IsClosed()
        {
            try
            {
                _ = threads.RunAsync(static () => { });
                return false;
            }
            catch (KreweException error)
            {
                return error.Code == KreweErrorCode.Unavailable;
            }
        }
    }

    public void Dispose() => completions.Dispose();
}
