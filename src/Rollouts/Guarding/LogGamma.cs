namespace Krewe.Rollouts.Guarding;

/// <summary>The logarithm of the gamma function for positive numbers, by Stirling's series (DLMF 5.11.1).</summary>
internal static class LogGamma
{
    // From here on, five terms of the series have an error below 1e-15.
    private const double Large = 15;

    private static readonly double HalfLogOfTwoPi = Math.Log(2 * Math.PI) / 2;

    public static double Of(double x)
    {
        var product = 1d;
        for (; x < Large; x++)
        {
            product *= x;
        }

        var (inverse, square) = (1 / x, 1 / (x * x));
        var series = inverse * (
            (1d / 12) - (square * ((1d / 360) - (square * ((1d / 1260) - (square * ((1d / 1680) - (square / 1188))))))));
        return ((x - 0.5) * Math.Log(x)) - x + HalfLogOfTwoPi + series - Math.Log(product);
    }
}
