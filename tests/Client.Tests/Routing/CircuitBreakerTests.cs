using Krewe.Client.Breaking;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Client.Tests.Routing;

public sealed class CircuitBreakerTests
{
    private readonly FakeTimeProvider clock = new();
    private readonly CircuitBreaker breaker;

    public CircuitBreakerTests() => breaker = new CircuitBreaker(clock);

    [Fact]
    public void It_opens_after_failures_in_a_row_and_keeps_the_last_reason()
    {
        for (var i = 1; i < CircuitBreaker.Threshold; i++)
        {
            Assert.False(breaker.Failed("again"));
        }

        Assert.True(breaker.TryEnter(out _));
        Assert.True(breaker.Failed("at last"));
        Assert.False(breaker.TryEnter(out var retryAfter));
        Assert.Equal(TimeSpan.FromSeconds(1), retryAfter);
        Assert.Equal("at last", breaker.Reason);
    }

    [Fact]
    public void A_success_between_keeps_it_closed()
    {
        for (var i = 0; i < 3 * CircuitBreaker.Threshold; i++)
        {
            Assert.False(breaker.Failed("no"));
            if (i % (CircuitBreaker.Threshold - 1) == 0)
            {
                breaker.Succeeded();
            }
        }

        Assert.True(breaker.TryEnter(out _));
    }

    [Fact]
    public void When_open_one_call_tries_after_a_while_and_its_success_closes_it()
    {
        Open();
        clock.Advance(TimeSpan.FromSeconds(1));

        Assert.True(breaker.TryEnter(out _));
        Assert.False(breaker.TryEnter(out _));
        Assert.True(breaker.Succeeded());
        Assert.True(breaker.TryEnter(out _));
        Assert.True(breaker.TryEnter(out _));
    }

    [Fact]
    public void A_failed_try_opens_it_for_twice_as_long_up_to_ten_seconds()
    {
        Open();
        foreach (var pause in new[] { 1, 2, 4, 8, 10, 10 })
        {
            clock.Advance(TimeSpan.FromSeconds(pause) - TimeSpan.FromMilliseconds(1));
            Assert.False(breaker.TryEnter(out _));
            clock.Advance(TimeSpan.FromMilliseconds(1));
            Assert.True(breaker.TryEnter(out _));
            Assert.False(breaker.Failed("still"));
        }
    }

    [Fact]
    public void A_try_that_says_nothing_lets_the_next_one_try()
    {
        Open();
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.True(breaker.TryEnter(out _));
        Assert.False(breaker.TryEnter(out _));

        breaker.Ended();

        Assert.True(breaker.TryEnter(out _));
    }

    [Fact]
    public void Failures_of_calls_begun_before_it_opened_change_nothing()
    {
        Open();
        clock.Advance(TimeSpan.FromMilliseconds(900));
        Assert.False(breaker.Failed("late"));
        clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.True(breaker.TryEnter(out _));
    }

    private void Open()
    {
        while (!breaker.Failed("no"))
        {
        }
    }
}
