using Krewe.Serving.Execution;

namespace Krewe.Serving.Tests.Execution;

public sealed class CompletionDispatcherTests
{
    [Fact]
    public async Task Completions_run_in_order_on_one_thread()
    {
        using var completions = new CompletionDispatcher();
        var (said, threads) = (new List<int>(), new HashSet<int>());
        var all = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

        for (var i = 0; i < 1_000; i++)
        {
            var number = i;
            completions.Post(() =>
            {
                said.Add(number);
                threads.Add(Environment.CurrentManagedThreadId);
                if (number == 999)
                {
                    all.SetResult();
                }
            });
        }

        await all.Task.WaitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(Enumerable.Range(0, 1_000), said);
        Assert.DoesNotContain(Environment.CurrentManagedThreadId, threads);
        Assert.Single(threads);
    }

    [Fact]
    public void Completions_posted_after_the_end_still_run()
    {
        var completions = new CompletionDispatcher();
        completions.Dispose();
        var said = false;

        completions.Post(() => said = true);

        Assert.True(said);
    }

    [Fact]
    public async Task A_load_is_not_completed_by_a_low_priority_thread()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "threads have a niceness of their own on Linux alone");
        using var completions = new CompletionDispatcher();
        using var loads = new LoadThreads(1, completions);

        var (worked, said) = (0, 0);
        var heard = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await loads.RunAsync(() => worked = Niceness.OfThisThread());
        completions.Post(() =>
        {
            said = Niceness.OfThisThread();
            heard.SetResult();
        });
        await heard.Task.WaitAsync(TestContext.Current.CancellationToken);

        Assert.Equal((5, Niceness.OfThisThread()), (worked, said));
    }
}
