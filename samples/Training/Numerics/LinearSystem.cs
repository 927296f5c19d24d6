namespace Krewe.Training.Numerics;

/// <summary>Solves A·x = b for symmetric positive definite A by Cholesky decomposition.</summary>
internal static class LinearSystem
{
    /// <summary>
    /// Replaces <paramref name="b"/> by the solution. Only the lower triangle of <paramref name="a"/> is read; it is overwritten by its
    /// factor.
    /// </summary>
    /// <exception cref="ArithmeticException">The matrix is not positive definite.</exception>
    public static void Solve(double[,] a, double[] b)
    {
        Factor(a);
        var n = b.Length;
        for (var i = 0; i < n; i++)
        {
            for (var j = 0; j < i; j++)
            {
                b[i] -= a[i, j] * b[j];
            }

            b[i] /= a[i, i];
        }

        for (var i = n - 1; i >= 0; i--)
        {
            for (var j = i + 1; j < n; j++)
            {
                b[i] -= a[j, i] * b[j];
            }

            b[i] /= a[i, i];
        }
    }

    private static void Factor(double[,] a)
    {
        for (var j = 0; j < a.GetLength(0); j++)
        {
            for (var i = j; i < a.GetLength(0); i++)
            {
                var sum = a[i, j];
                for (var k = 0; k < j; k++)
                {
                    sum -= a[i, k] * a[j, k];
                }

                a[i, j] = i == j ? Root(sum) : sum / a[j, j];
            }
        }
    }

    private static double Root(double pivot) =>
        pivot > 0 ? Math.Sqrt(pivot) : throw new ArithmeticException("The matrix is not positive definite.");
}
