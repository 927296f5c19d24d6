using Krewe.Access.Limits;
using Krewe.Access.Limits.Leases;
using Microsoft.Extensions.Time.Testing;

namespace Krewe.Access.Tests.Limits.Leases;

/// <summary>A tenant's limit of 100/s, asked at three gateways: what is admitted in all, by a clock in steps.</summary>
public sealed class ThreeGatewayTests
{
    private const int Rate = 100;
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(5);
    private static readonly TimeSpan BetweenPolls = TimeSpan.FromMilliseconds(200);
    private readonly FakeTimeProvider time = new();
    private readonly Lessee[] gateways;
    private ShareBook book;

    public ThreeGatewayTests()
    {
        book = new ShareBook(time);
        gateways = [.. Enumerable.Range(0, 3).Select(index => new Lessee($"g{index}", new CallLimits { Rate = new CallRate(Rate, 1) }, time))];
    }

    private int Admitted => gateways.Sum(static gateway => gateway.Admitted);

    [Theory]
    [InlineData(100, 100, 100)]
    [InlineData(200, 80, 20)]
    [InlineData(1000, 1, 0)]
    [InlineData(1000, 0, 0)]
    [InlineData(34, 34, 34)]
    public void Of_100_per_second_90_to_110_are_admitted_in_any_ten_seconds(double first, double second, double third)
    {
        (gateways[0].Asked, gateways[1].Asked, gateways[2].Asked) = (first, second, third);
        Run(5);
        var afterBurst = Admitted;
        Assert.InRange(afterBurst, (5 * Rate * 9) / 10, (5 * Rate) + (2 * Rate));
        for (var i = 0; i < 5; i++)
        {
            Assert.InRange(Run(10), 900, 1100);
        }
    }

    [Fact]
    public void Demand_that_moves_between_gateways_takes_its_share_along()
    {
        var seen = 0;
        for (var i = 0; i < 30; i++)
        {
            gateways[0].Asked = i % 3 == 0 ? 500 : 5;
            gateways[1].Asked = i % 3 == 1 ? 500 : 5;
            gateways[2].Asked = i % 3 == 2 ? 500 : 0;
            seen += Run(2);
        }

        Assert.InRange(seen / 60.0, 90, 110);
    }

    [Theory]
    [InlineData(12, 0.9)]
    [InlineData(60, 0.95)]
    [InlineData(300, 0.98)]
    public void Random_requests_at_the_limit_lose_little(int rate, double least)
    {
        var (random, asked) = (new Random(3), 0);
        var lessees = Enumerable.Range(0, 3).Select(index => new Lessee($"r{index}", new CallLimits { Rate = new CallRate(rate, 1) }, time)).ToArray();
        for (var i = 0; i < 60 * 200; i++)
        {
            time.Advance(Step);
            foreach (var lessee in lessees)
            {
                // Four fifths of the limit, in all.
                lessee.Asked = random.NextDouble() < rate * 0.8 / 3 * Step.TotalSeconds ? 1 / Step.TotalSeconds : 0;
                asked += lessee.Asked > 0 ? 1 : 0;
                lessee.Ask(Step);
                if (i % 40 == 0)
                {
                    lessee.Poll(book);
                }
            }
        }

        Assert.InRange(lessees.Sum(static lessee => lessee.Admitted), asked * least, asked);
    }

    [Fact]
    public void A_gateway_that_ends_leaves_its_share_to_the_others()
    {
        Array.ForEach(gateways, static gateway => gateway.Asked = 100);
        Run(10);
        (gateways[2].Asked, gateways[2].IsReachable) = (0, false);
        Run(4);
        Assert.InRange(Run(10), 900, 1100);
    }

    [Fact]
    public void While_nobody_reaches_the_grain_the_limit_holds()
    {
        (gateways[0].Asked, gateways[1].Asked, gateways[2].Asked) = (200, 80, 20);
        Run(10);
        Array.ForEach(gateways, static gateway => gateway.IsReachable = false);
        Assert.InRange(Run(10), 700, 1100);
        Assert.InRange(Run(30), 2 * 30 * Rate / 3, 3300);
    }

    [Fact]
    public void A_gateway_that_cannot_reach_the_grain_has_an_equal_part_at_most()
    {
        (gateways[0].Asked, gateways[1].Asked, gateways[2].Asked) = (200, 80, 20);
        Run(10);
        (gateways[0].IsReachable, gateways[1].Asked) = (false, 200);
        Run(4);
        var before = gateways[0].Admitted;
        Run(9);
        Assert.InRange(gateways[0].Admitted - before, 9 * Rate / 3 * 0.9, 9 * Rate / 3 * 1.1);
        gateways[0].IsReachable = true;
        Run(4);
        Assert.InRange(Run(10), 900, 1100);
    }

    [Fact]
    public void A_grain_that_starts_anew_learns_what_is_held()
    {
        Array.ForEach(gateways, static gateway => gateway.Asked = 300);
        Run(10);
        for (var i = 0; i < 5; i++)
        {
            book = new ShareBook(time);
            Assert.InRange(Run(10), 900, 1100);
        }
    }

    [Fact]
    public void Shares_are_never_more_than_the_limit()
    {
        var random = new Random(7);
        Run(2);
        var held = new LimitShare?[3];
        for (var i = 0; i < 500; i++)
        {
            var index = random.Next(3);
            gateways[index].Asked = random.Next(400);
            Array.ForEach(gateways, gateway => gateway.Ask(Step));
            time.Advance(Step);
            held[index] = gateways[index].Poll(book) ?? held[index];
            Assert.InRange(held.Sum(static share => share?.Rate ?? 0), 0, Rate + 1e-6);
        }
    }

    [Fact]
    public void Nothing_is_kept_of_a_limit_that_is_not_used()
    {
        gateways[0].Asked = 500;
        Run(3);
        Assert.Equal(1, book.Count);
        gateways[0].Asked = 0;
        Run(10);
        Assert.Equal(0, book.Count);
    }

    [Fact]
    public void Parallel_requests_are_limited_over_all_gateways()
    {
        var lessees = Enumerable.Range(0, 3).Select(index => new Lessee($"p{index}", new CallLimits { Parallel = 16 }, time)).ToArray();
        var underWay = new int[3];
        Array.ForEach(lessees, lessee => lessee.Poll(book));
        time.Advance(BetweenPolls * 5);
        Array.ForEach(lessees, lessee => lessee.Poll(book));
        for (var i = 0; i < 50; i++)
        {
            for (var index = 0; index < lessees.Length; index++)
            {
                // Everybody always wants more, and one request ends per poll.
                while (lessees[index].Limiter.Enter() == LimitOutcome.Admitted)
                {
                    underWay[index]++;
                }

                lessees[index].Poll(book);
            }

            Assert.InRange(underWay.Sum(), 0, 16 + 2);
            time.Advance(BetweenPolls);
            if (i > 10)
            {
                Assert.InRange(underWay.Sum(), 15, 16);
            }

            var ending = i % 3;
            lessees[ending].Limiter.Leave();
            underWay[ending]--;
        }
    }

    /// <summary>What is admitted in some seconds.</summary>
    private int Run(int seconds)
    {
        var before = Admitted;
        for (var at = TimeSpan.Zero; at < TimeSpan.FromSeconds(seconds); at += Step)
        {
            time.Advance(Step);
            for (var i = 0; i < gateways.Length; i++)
            {
                gateways[i].Ask(Step);
                if ((at + (Step * (13 * i))).Ticks % BetweenPolls.Ticks == 0)
                {
                    gateways[i].Poll(book);
                }
            }
        }

        return Admitted - before;
    }
}
