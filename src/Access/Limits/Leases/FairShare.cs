namespace Krewe.Access.Limits.Leases;

/// <summary>Max-min fairness: small wishes are met, the others get equal parts of the rest.</summary>
internal static class FairShare
{
    /// <summary>The part of <paramref name="total"/> for who wants <paramref name="mine"/>, one of <paramref name="wanted"/>.</summary>
    public static double Of(double total, IReadOnlyCollection<double> wanted, double mine)
    {
        var sum = wanted.Sum();
        if (sum <= total)
        {
            return mine + ((total - sum) / wanted.Count);
        }

        var (rest, left) = (total, wanted.Count);
        foreach (var wish in wanted.Order())
        {
            if (wish > rest / left)
            {
                break;
            }

            (rest, left) = (rest - wish, left - 1);
        }

        return Math.Min(mine, left > 0 ? rest / left : mine);
    }
}
