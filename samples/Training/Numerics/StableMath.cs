namespace Krewe.Training.Numerics;

/// <summary>
/// Functions with bit-identical results on every machine. <see cref="Math"/> calls the platform's C library, whose last bit differs; these
/// use only additions, multiplications and divisions.
/// </summary>
internal static class StableMath
{
    private const double Log2High = 0.69314718036912381649;
    private const double Log2Low = 1.9082149292705877e-10;
    private const int Terms = 14;

    /// <summary>e to the power of x, to about 15 digits; 0 and infinity beyond ±700.</summary>
    public static double Exp(double x)
    {
        if (x is < -700 or > 700 or double.NaN)
        {
            return x < 0 ? 0 : x > 0 ? double.PositiveInfinity : double.NaN;
        }

        // x = k·ln 2 + r with |r| ≤ ln 2 / 2, where the Taylor series needs few terms.
        var k = Math.Round(x / (Log2High + Log2Low));
        var r = x - (k * Log2High) - (k * Log2Low);
        var sum = 1.0;
        for (var i = Terms; i > 0; i--)
        {
            sum = 1 + (sum * r / i);
        }

        return Math.ScaleB(sum, (int)k);
    }

    /// <summary>1 / (1 + e^-x).</summary>
    public static double Sigmoid(double x) => 1 / (1 + Exp(-x));
}
