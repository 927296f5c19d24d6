namespace Krewe.Rollouts.Guarding;

/// <summary>
/// Exact binomial probabilities: how many of n independent calls have a property of probability p. Accurate to nine digits up to a million
/// calls, to six up to ten billion.
/// </summary>
internal static class Binomial
{
    // Bisection steps until the bound has the precision of a double.
    private const int Bisections = 52;

    /// <summary>The probability of <paramref name="count"/> or more.</summary>
    public static double AtLeast(long count, long n, double p) =>
        count <= 0 ? 1
        : count > n ? 0
        : IncompleteBeta.Of(p, count, n - count + 1d);

    /// <summary>The probability of <paramref name="count"/> or fewer.</summary>
    public static double AtMost(long count, long n, double p) =>
        count < 0 ? 0
        : count >= n ? 1
        : IncompleteBeta.Of(1 - p, n - count, count + 1d);

    /// <summary>
    /// The one-sided Clopper–Pearson upper bound of p after <paramref name="count"/> of n: for that p, so few occur with probability
    /// <paramref name="level"/>. The true p exceeds it with at most that probability.
    /// </summary>
    public static double UpperBound(long count, long n, double level)
    {
        if (count >= n)
        {
            return 1;
        }

        var (low, high) = ((double)count / n, 1d);
        for (var i = 0; i < Bisections; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = AtMost(count, n, middle) > level ? (middle, high) : (low, middle);
        }

        return high;
    }
}
