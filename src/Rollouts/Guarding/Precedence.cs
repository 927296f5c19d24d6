namespace Krewe.Rollouts.Guarding;

/// <summary>
/// The exact precedence test of two samples: how likely it is that so many of one lie beyond a rank of the other where both are drawn from
/// the same distribution, whatever that is. (N. Balakrishnan and H. K. T. Ng, Precedence-Type Tests and Applications, 2006.)
/// </summary>
internal static class Precedence
{
    private const double Negligible = 1e-17;

    /// <summary>The probability that <paramref name="beyond"/> or more of n exceed the one of a rank, from 1, of m.</summary>
    public static double AtLeast(long beyond, long n, long rank, long m)
    {
        if (beyond <= 0)
        {
            return 1;
        }

        // As many lie beyond it where the smallest of both together, rank + n - beyond of them, have rank or more of the m: a
        // hypergeometric tail. The shorter one is summed up, which begins with its largest term.
        var smallest = rank + n - beyond;
        return rank > smallest * (m / ((double)m + n))
            ? Math.Min(1, Tail(rank, m, n, smallest))
            : 1 - Math.Min(1, Tail(smallest - rank + 1, n, m, smallest));
    }

    /// <summary>The probability that so many drawn of marked ones and others have <paramref name="least"/> marked ones or more.</summary>
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
