using Krewe.Serving.Batching;

namespace Krewe.Serving.Tests.Batching;

public sealed class ShortRunsTests
{
    private static readonly TimeSpan Brief = TimeSpan.FromMicroseconds(5), Short = TimeSpan.FromMicroseconds(100);
    private readonly ShortRuns runs = new();

    [Fact]
    public void Nothing_is_tiny_before_many_runs_were()
    {
        Assert.False(runs.IsTiny(0));

        Add(5, 16, Brief);
        Assert.False(runs.IsTiny(16));

        Add(100, 16, Brief);
        Assert.True(runs.IsTiny(16));
    }

    [Fact]
    public void Inputs_larger_than_any_that_ran_briefly_are_not_tiny()
    {
        Add(100, 16, Brief);

        Assert.False(runs.IsTiny(17));

        runs.Add(32, TimeSpan.FromMilliseconds(1));
        Assert.True(runs.IsTiny(16));
        Assert.False(runs.IsTiny(32));

        runs.Add(32, Brief);
        Assert.True(runs.IsTiny(32));
    }

    [Fact]
    public void A_thread_that_had_to_wait_for_the_processor_now_and_then_changes_nothing()
    {
        Add(100, 16, Brief);
        for (var i = 0; i < 100; i++)
        {
            runs.Add(16, TimeSpan.FromMilliseconds(4));
            Add(100, 16, Brief);
            Assert.True(runs.IsTiny(16));
        }
    }

    [Fact]
    public void Runs_that_take_longer_than_they_used_to_are_no_longer_tiny()
    {
        Add(100, 16, Brief);
        AddSingles(16);

        Add(20, 16, TimeSpan.FromMilliseconds(1));

        Assert.False(runs.IsTiny(16));
        Assert.False(runs.TryBeginIdle(16));
    }

    [Fact]
    public void One_long_run_ends_it_until_many_were_short_again()
    {
        Add(100, 16, Brief);

        runs.Add(16, TimeSpan.FromMilliseconds(10));

        Assert.False(runs.IsTiny(16));
        Assert.False(runs.IsTiny(1));

        runs.Add(16, Brief);
        Assert.False(runs.IsTiny(16));

        Add(100, 16, Brief);
        Assert.True(runs.IsTiny(16));
    }

    [Fact]
    public void Short_runs_are_on_the_pool_once_requests_come_one_at_a_time()
    {
        Add(100, 16, Short);
        Assert.False(runs.IsTiny(16));
        Assert.False(runs.TryBeginIdle(16));

        AddSingles(16);
        Assert.True(runs.TryBeginIdle(16));
        runs.EndIdle();
        Assert.True(runs.TryBeginIdle(16));
        runs.EndIdle();

        runs.AddBatch(2);
        Assert.False(runs.TryBeginIdle(16));
    }

    [Fact]
    public void A_request_that_meets_a_short_run_ends_them_until_requests_come_one_at_a_time_again()
    {
        Add(100, 16, Short);
        AddSingles(16);
        Assert.True(runs.TryBeginIdle(16));

        Assert.False(runs.TryBeginIdle(16));

        runs.EndIdle();
        Assert.False(runs.TryBeginIdle(16));
        AddSingles(15);
        Assert.False(runs.TryBeginIdle(16));
        AddSingles(1);
        Assert.True(runs.TryBeginIdle(16));
    }

    [Fact]
    public void Requests_of_a_run_on_the_pool_are_as_many_as_are_short_together()
    {
        Add(200, 16, Brief);

        Assert.InRange(runs.MostRows, 20, 40);

        Add(200, 16, Short);
        Assert.InRange(runs.MostRows, 1, 2);
    }

    private void AddSingles(int count)
    {
        for (var i = 0; i < count; i++)
        {
            runs.AddBatch(1);
        }
    }

    private void Add(int count, long bytes, TimeSpan duration)
    {
        for (var i = 0; i < count; i++)
        {
            runs.Add(bytes, duration);
        }
    }
}
