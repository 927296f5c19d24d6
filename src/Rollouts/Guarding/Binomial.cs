namespace Krewe.Rollouts.Guarding;

/// <summary>
/// Exact statements on how many of n independent calls have a property that each has with probability p. Up to a million calls they are
/// good to nine digits, up to ten billion to six.
/// </summary>
internal static class Binomial
{
    // Halvings until a bound is as good as a double can tell.
    private const int Halvings = 52;

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
    /// The upper bound of p after <paramref name="count"/> of n, as Clopper and Pearson have it: were p that large, so few would come with
    /// probability <paramref name="level"/>. p lies above it with at most that probability.
    /// </summary>
    public static double UpperBound(long count, long n, double level)
    {
        if (count >= n)
        {
            return 1;
        }

        var (low, high) = ((double)count / n, 1d);
        for (var i = 0; i < Halvings; i++)
        {
            var middle = (low + high) / 2;
            (low, high) = AtMost(count, n, middle) > level ? (middle, high) : (low, middle);
        }

        return high;
    }
}
