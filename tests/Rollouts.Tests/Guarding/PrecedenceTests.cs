using Krewe.Rollouts.Guarding;

namespace Krewe.Rollouts.Tests.Guarding;

public sealed class PrecedenceTests
{
    /// <summary>Each order of so many calls of both samples, counted out.</summary>
    [Theory]
    [InlineData(5, 6)]
    [InlineData(7, 3)]
    [InlineData(1, 8)]
    public void It_is_what_counting_all_orders_gives(int n, int m)
    {
        var orders = Enumerable.Range(0, 1 << (n + m)).Where(order => System.Numerics.BitOperations.PopCount((uint)order) == n).ToArray();
        for (var rank = 1; rank <= m; rank++)
        {
            for (var beyond = 0; beyond <= n; beyond++)
            {
                var expected = orders.Count(order => Beyond(order, n + m, rank) >= beyond) / (double)orders.Length;
                Assert.Equal(expected, Precedence.AtLeast(beyond, n, rank, m), 1e-12);
            }
        }
    }

    [Fact]
    public void Many_calls_of_the_one_are_the_binomial_test_of_the_other()
    {
        Assert.Equal(Binomial.AtLeast(60, 100, 0.5), Precedence.AtLeast(60, 100, 50_000_000, 100_000_000), 1e-5);
        Assert.Equal(Binomial.AtLeast(5, 100, 0.01), Precedence.AtLeast(5, 100, 99_000_000, 100_000_000), 1e-5);
        Assert.Equal(1, Precedence.AtLeast(0, 10, 3, 10));
        Assert.InRange(Precedence.AtLeast(1_000_000, 1_000_000, 500_000, 1_000_000), 0, 1e-300);
    }

    // Those marked beyond the rank-th that is not.
    private static int Beyond(int order, int length, int rank)
    {
        for (var (place, unmarked) = (0, 0); ; place++)
        {
            unmarked += (order >> place & 1) == 0 ? 1 : 0;
            if (unmarked == rank)
            {
                return System.Numerics.BitOperations.PopCount((uint)order >> place >> 1);
            }
        }
    }
}
