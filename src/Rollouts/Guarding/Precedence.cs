namespace Krewe.Rollouts.Guarding;

/// <summary>
/// The exact two-sample precedence test: the probability that so many of one sample exceed a rank of the other if both come from the same
/// distribution, whichever it is. (N. Balakrishnan and H. K. T. Ng, Precedence-Type Tests and Applications, 2006.)
/// </summary>
internal static class Precedence
{
    private const double Negligible = 1e-17;

    /// <summary>The probability that <paramref name="beyond"/> or more of n exceed the value of a rank, from 1, of m.</summary>
    public static double AtLeast(long beyond, long n, long rank, long m)
    {
        if (beyond <= 0)
        {
            return 1;
        }

        // Equivalent to: the smallest (rank + n - beyond) of both samples together contain rank or more of the m, a hypergeometric tail.
        // Sums the shorter tail, starting with its largest term.
        var smallest = rank + n - beyond;
        return rank > smallest * (m / ((double)m + n))
            ? Math.Min(1, Tail(rank, m, n, smallest))
            : 1 - Math.Min(1, Tail(smallest - rank + 1, n, m, smallest));
    }

    /// <summary>The probability of <paramref name="least"/> or more marked items among those drawn.</summary>
    private static double Tail(long least, long marked, long others, long drawn)
    {
        var part = Math.Exp(Choose(marked, least) + Choose(others, drawn - least) - Choose(marked + others, drawn));
        var sum = 0d;
        for (var count = least; part > sum * Negligible; count++)
        {
            sum += part;
            part *= (marked - count) / (count + 1d) * ((drawn - count) / (others - drawn + count + 1d));
        }

        return sum;
    }

    private static double Choose(long n, long k) => LogGamma.Of(n + 1d) - LogGamma.Of(k + 1d) - LogGamma.Of(n - k + 1d);
}
