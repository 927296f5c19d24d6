using Krewe.Access.Limits;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Access.Tests.Limits;

public sealed class CallLimiterTests
{
    private readonly FakeTimeProvider time = new();

    [Fact]
    public void A_burst_is_admitted_then_the_rate()
    {
        var limiter = Limiter(new CallLimits { Rate = new CallRate(10, 1), Burst = 3 });
        Assert.Equal(3, Admit(limiter, 5));
        time.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(1, Admit(limiter, 5));
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(3, Admit(limiter, 5));
    }

    [Fact]
    public void What_is_under_way_is_limited_until_it_ends()
    {
        var limiter = Limiter(new CallLimits { Parallel = 2 });
        Assert.Equal((LimitOutcome.Admitted, LimitOutcome.Admitted), (limiter.Enter(), limiter.Enter()));
        Assert.Equal(LimitOutcome.TooManyUnderWay, limiter.Enter());
        limiter.Leave();
        Assert.Equal(LimitOutcome.Admitted, limiter.Enter());
    }

    [Fact]
    public void A_request_that_another_limit_refuses_does_not_count()
    {
        var limiter = Limiter(new CallLimits { Rate = new CallRate(1, 1), Parallel = 1 });
        Assert.Equal(LimitOutcome.Admitted, limiter.Enter());
        limiter.Undo();
        Assert.Equal(LimitOutcome.Admitted, limiter.Enter());
    }

    [Fact]
    public void What_remains_and_when_it_is_whole_again_is_told()
    {
        var limiter = Limiter(new CallLimits { Rate = new CallRate(10, 1), Burst = 5 });
        Admit(limiter, 5);
        Assert.Equal((0, 0.5, 0.1), limiter.Read());
        time.Advance(TimeSpan.FromMilliseconds(200));
        Assert.Equal((2, 0.3, 0), Rounded(limiter.Read()));
    }

    [Fact]
    public void Without_a_lease_processes_have_equal_parts()
    {
        var limiter = new CallLimiter("key/a", "the key's", new CallLimits { Rate = new CallRate(30, 1), Parallel = 7 }, 3, time);
        Assert.Equal(2, Enumerable.Range(0, 9).Count(_ => limiter.Enter() == LimitOutcome.Admitted));
        limiter.Leave();
        limiter.Leave();
        Assert.Equal(8, Admit(limiter, 20));
        time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Equal(5, Admit(limiter, 20));
    }

    [Fact]
    public void Changed_limits_are_in_force_for_what_is_under_way()
    {
        var limiter = Limiter(new CallLimits { Parallel = 5 });
        limiter.Enter();
        limiter.Enter();
        limiter.Change(new CallLimits { Parallel = 2 });
        Assert.Equal(LimitOutcome.TooManyUnderWay, limiter.Enter());
        limiter.Change(new CallLimits { Parallel = 3 });
        Assert.Equal(LimitOutcome.Admitted, limiter.Enter());
    }

    [Fact]
    public void A_limit_that_is_not_used_is_reported_no_more()
    {
        var limiter = Limiter(new CallLimits { Rate = new CallRate(10, 1) });
        Assert.Null(limiter.TakeDemand());
        Admit(limiter, 1);
        var demand = limiter.TakeDemand()!;
        Assert.False(demand.IsLast);
        for (var i = 0; i < 100 && !demand.IsLast; i++)
        {
            time.Advance(TimeSpan.FromMilliseconds(200));
            demand = limiter.TakeDemand()!;
            limiter.Apply(demand, new LimitShare(10, 0), 1);
        }

        Assert.True(demand.IsLast);
        Assert.Null(limiter.TakeDemand());
    }

    [Fact]
    public void Admitting_allocates_nothing()
    {
        var limiter = Limiter(new CallLimits { Rate = new CallRate(1000, 1), Parallel = 4 });
        Admit(limiter, 2);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Admit(limiter, 2000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static (int, double, double) Rounded((int Remaining, double Reset, double Next) told) =>
        (told.Remaining, Math.Round(told.Reset, 6), Math.Round(told.Next, 6));

    private static int Admit(CallLimiter limiter, int asked)
    {
        var admitted = 0;
        for (var i = 0; i < asked; i++)
        {
            if (limiter.Enter() == LimitOutcome.Admitted)
            {
                limiter.Leave();
                admitted++;
            }
        }

        return admitted;
    }

    private CallLimiter Limiter(CallLimits limits) => new("key/a", "the key's", limits, 1, time);
}
