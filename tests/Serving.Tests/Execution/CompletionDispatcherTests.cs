using Krewe.Serving.Execution;

namespace Krewe.Serving.Tests.Execution;

public sealed class CompletionDispatcherTests
{
    [Fact]
    public async Task What_is_posted_is_said_in_its_order_by_one_thread()
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
    public void After_the_end_nothing_is_lost()
    {
        var completions = new CompletionDispatcher();
        completions.Dispose();
        var said = false;

        completions.Post(() => said = true);

        Assert.True(said);
    }

    [Fact]
    public async Task The_end_of_a_load_is_not_said_by_a_thread_of_low_priority()
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
