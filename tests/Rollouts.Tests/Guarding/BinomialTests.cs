using Krewe.Rollouts.Guarding;

namespace Krewe.Rollouts.Tests.Guarding;

public sealed class BinomialTests
{
    [Theory]
    [InlineData(1, 1, 0.25, 0.25)]
    [InlineData(2, 2, 0.5, 0.25)]
    [InlineData(1, 2, 0.5, 0.75)]
    [InlineData(0, 5, 0.3, 1)]
    [InlineData(6, 5, 0.3, 0)]
    [InlineData(3, 5, 0, 0)]
    [InlineData(3, 5, 1, 1)]
    public void Tails_that_are_plain_to_see(long count, long n, double p, double expected) => Assert.Equal(expected, Binomial.AtLeast(count, n, p), 14);

    [Theory]
    [InlineData(10, 0.5)]
    [InlineData(57, 0.01)]
    [InlineData(200, 0.93)]
    [InlineData(1500, 0.2)]
    public void Tails_are_the_sums_of_their_terms(int n, double p)
    {
        for (var count = 0; count <= n + 1; count += Math.Max(1, n / 40))
        {
            AssertClose(Enumerable.Range(count, n + 1 - count).Sum(k => Term(k, n, p)), Binomial.AtLeast(count, n, p));
            AssertClose(Enumerable.Range(0, Math.Min(count, n) + 1).Sum(k => Term(k, n, p)), Binomial.AtMost(count, n, p));
        }
    }

    [Theory]
    [InlineData(100, 11)]
    [InlineData(1_000_000, 9)]
    [InlineData(10_000_000_000, 6)]
    public void Both_tails_make_the_whole_for_any_number_of_calls(long n, int digits)
    {
        foreach (var p in new[] { 1e-6, 0.01, 0.5, 0.999 })
        {
            var centre = (long)(n * p);
            var spread = (long)Math.Sqrt(n * p * (1 - p)) + 1;
            for (var count = Math.Max(1, centre - (3 * spread)); count <= Math.Min(n, centre + (3 * spread)); count += spread)
            {
                Assert.Equal(1, Binomial.AtLeast(count, n, p) + Binomial.AtMost(count - 1, n, p), digits);
                Assert.True(n > 100_000 || Binomial.AtLeast(count, n, p) <= Binomial.AtLeast(count - 1, n, p));
            }

            if (n * p > 1000)
            {
                Assert.InRange(Binomial.AtLeast(centre, n, p), 0.48, 0.53);
            }
        }
    }

    [Theory]
    [InlineData(0, 50, 1e-4)]
    [InlineData(3, 50, 1e-4)]
    [InlineData(49, 50, 0.01)]
    [InlineData(120, 100_000, 1e-9)]
    [InlineData(1, 1, 0.5)]
    [InlineData(20, 1000, 0.5)]
    public void As_few_as_were_seen_are_as_improbable_at_the_upper_bound_as_the_level(long count, long n, double level)
    {
        var bound = Binomial.UpperBound(count, n, level);

        Assert.True(bound >= (double)count / n);
        if (bound < 1)
        {
            Assert.Equal(1, Binomial.AtMost(count, n, bound) / level, 6);
        }
        else
        {
            Assert.Equal(n, count);
        }
    }

    [Fact]
    public void Without_any_the_upper_bound_is_what_the_rule_of_three_says() =>
        Assert.Equal(1 - Math.Pow(0.05, 1.0 / 100), Binomial.UpperBound(0, 100, 0.05), 12);

    private static double Term(int k, int n, double p) => Math.Exp(Choose(n, k) + (k * Math.Log(p)) + ((n - k) * Math.Log(1 - p)));

    private static double Choose(int n, int k) => Enumerable.Range(1, k).Sum(i => Math.Log(n - k + i) - Math.Log(i));

    private static void AssertClose(double expected, double actual) => Assert.True(
        Math.Abs(expected - actual) <= 1e-14 + (1e-9 * expected), $"expected {expected}, got {actual}");
}
