using FsCheck.Fluent;
using Krewe.Client.Retrying;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Client.Tests.Routing;

public sealed class RetryBudgetTests
{
    [Fact]
    public void All_that_was_under_way_on_a_lost_silo_can_be_retried()
    {
        var budget = new RetryBudget(0.2, 1024, new FakeTimeProvider());

        Assert.All(Enumerable.Range(0, 1024), _ => Assert.True(budget.TryTake()));
        Assert.False(budget.TryTake());
    }

    [Fact]
    public void Calls_earn_a_fraction_of_a_retry()
    {
        var budget = new RetryBudget(0.2, 1, new FakeTimeProvider());
        Assert.True(budget.TryTake());

        AddCalls(budget, 4);
        Assert.False(budget.TryTake());
        AddCalls(budget, 1);
        Assert.True(budget.TryTake());
        Assert.False(budget.TryTake());
    }

    [Fact]
    public void Retries_come_back_with_time_up_to_the_reserve()
    {
        var clock = new FakeTimeProvider();
        var budget = new RetryBudget(0, 5, clock);
        Assert.All(Enumerable.Range(0, 5), _ => Assert.True(budget.TryTake()));

        clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.False(budget.TryTake());
        clock.Advance(TimeSpan.FromMilliseconds(50));
        Assert.True(budget.TryTake());
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, Enumerable.Range(0, 10).Count(_ => budget.TryTake()));
    }

    [Fact]
    public void Never_are_more_retries_made_than_reserve_calls_and_time_allow() => Properties.Hold(
        Prop.ForAll(ArbMap.Default.ArbFor<int[]>(), steps =>
        {
            var clock = new FakeTimeProvider();
            var budget = new RetryBudget(0.2, 10, clock);
            var (calls, taken, seconds) = (0, 0, 0.0);
            foreach (var step in steps)
            {
                switch (Math.Abs(step % 3))
                {
                    case 0:
                        budget.AddCall();
                        calls++;
                        break;
                    case 1:
                        taken += budget.TryTake() ? 1 : 0;
                        break;
                    default:
                        clock.Advance(TimeSpan.FromMilliseconds(Math.Abs(step % 100)));
                        seconds += Math.Abs(step % 100) / 1000.0;
                        break;
                }
            }

            return taken <= 10 + (0.2 * calls) + (10 * seconds) + 1e-6;
        }));

    private static void AddCalls(RetryBudget budget, int count)
    {
        for (var i = 0; i < count; i++)
        {
            budget.AddCall();
        }
    }
}
