namespace Krewe.Rollouts.Guarding;

/// <summary>
/// The regularised incomplete beta function, which gives the binomial tails exactly (DLMF 8.17.5); by its continued fraction (DLMF
/// 8.17.22).
/// </summary>
internal static class IncompleteBeta
{
    private const double Precision = 1e-14;
    private const double Tiny = 1e-300;

    // The number of terms is about the square root of the larger parameter.
    private const int MaxTerms = 10_000_000;

    /// <summary>I_x(a, b) for a, b above 0 and x from 0 to 1.</summary>
    public static double Of(double x, double a, double b) =>
        x <= 0 ? 0
        : x >= 1 ? 1
        : x < (a + 1) / (a + b + 2) ? Fraction(x, a, b)
        : 1 - Fraction(1 - x, b, a);

    private static double Fraction(double x, double a, double b)
    {
        var front = Math.Exp(LogGamma.Of(a + b) - LogGamma.Of(a) - LogGamma.Of(b) + (a * Math.Log(x)) + (b * Log1P(-x))) / a;
        var (c, d, value) = (1d, 1 / Keep(1 - ((a + b) * x / (a + 1))), 0d);
        value = d;
        for (var m = 1; m <= MaxTerms; m++)
        {
            Step(m * (b - m) * x / ((a + (2 * m) - 1) * (a + (2 * m))), ref c, ref d, ref value);
            if (Math.Abs(Step(-(a + m) * (a + b + m) * x / ((a + (2 * m)) * (a + (2 * m) + 1)), ref c, ref d, ref value) - 1) < Precision)
            {
                return front * value;
            }
        }

        throw new ArithmeticException($"I_{x}({a}, {b}) does not converge");
    }

    /// <summary>Adds a term; returns the factor by which the value changed.</summary>
    private static double Step(double term, ref double c, ref double d, ref double value)
    {
        d = 1 / Keep(1 + (term * d));
        c = Keep(1 + (term / c));
        value *= c * d;
        return c * d;
    }

    private static double Keep(double divisor) => Math.Abs(divisor) < Tiny ? Tiny : divisor;

    // log(1 + x), accurate for small x.
    private static double Log1P(double x)
    {
        var sum = 1 + x;
        return sum == 1 ? x : Math.Log(sum) * (x / (sum - 1));
    }
}
