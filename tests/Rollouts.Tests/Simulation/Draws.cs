namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>Random numbers of the kinds that traffic is made of.</summary>
internal static class Draws
{
    // Beyond it a Poisson number is drawn as a normal one, which differs by less than what it is used for shows.
    private const double Many = 20;

    /// <summary>How many events happen where so many are expected.</summary>
    public static long Poisson(this Dice random, double mean)
    {
        if (mean > Many)
        {
            return Math.Max(0, (long)Math.Round(mean + (Math.Sqrt(mean) * random.Normal())));
        }

        var (limit, count) = (Math.Exp(-mean), 0L);
        for (var product = random.NextDouble(); product > limit; product *= random.NextDouble())
        {
            count++;
        }

        return count;
    }

    /// <summary>How many of n have what each has with probability p: from one that has it to the next.</summary>
    public static long Binomial(this Dice random, long n, double p)
    {
        if (p <= 0 || n == 0)
        {
            return 0;
        }

        var (count, at, scale) = (0L, 0d, p >= 1 ? 0 : 1 / Math.Log(1 - p));
        while (true)
        {
            at += Math.Floor(Math.Log(1 - random.NextDouble()) * scale) + 1;
            if (at > n)
            {
                return count;
            }

            count++;
        }
    }

    /// <summary>With mean 0 and deviation 1, by Box and Muller.</summary>
    public static double Normal(this Dice random) =>
        Math.Sqrt(-2 * Math.Log(1 - random.NextDouble())) * Math.Cos(2 * Math.PI * random.NextDouble());
}
