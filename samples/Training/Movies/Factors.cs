using Krewe.Onnx.Tiny;
using Krewe.Training.Numerics;

namespace Krewe.Training.Movies;

/// <summary>
/// Matrix factorisation by alternating least squares for implicit feedback (Hu, Koren and Volinsky, 2008): a watched film is a 1 of weight
/// <c>1 + Weight</c>, any other a 0 of weight 1.
/// </summary>
internal sealed class Factors
{
    /// <summary>The number of latent factors.</summary>
    public const int Rank = 12;

    private const double Weight = 8;
    private const double Ridge = 6;

    /// <summary>Initialises with small random numbers.</summary>
    public Factors(int viewers, int films)
    {
        var random = new SeededRandom(302);
        Viewers = Start(random, viewers);
        Films = Start(random, films);
    }

    /// <summary>One row of <see cref="Rank"/> factors per viewer.</summary>
    public double[][] Viewers { get; }

    /// <summary>One row of <see cref="Rank"/> factors per film.</summary>
    public double[][] Films { get; }

    /// <summary>Solves for the viewers with the films fixed, then vice versa.</summary>
    public void Step(int[][] filmsOfViewer, int[][] viewersOfFilm)
    {
        Solve(Viewers, Films, filmsOfViewer);
        Solve(Films, Viewers, viewersOfFilm);
    }

    /// <summary>The preference of the viewer for the film; only the order is meaningful.</summary>
    public double Score(int viewer, int film)
    {
        var sum = 0.0;
        for (var k = 0; k < Rank; k++)
        {
            sum += Viewers[viewer][k] * Films[film][k];
        }

        return sum;
    }

    private static double[][] Start(SeededRandom random, int count) =>
        [.. Enumerable.Range(0, count).Select(_ => Enumerable.Range(0, Rank).Select(_ => random.NextDouble(-0.1, 0.1)).ToArray())];

    private static void Solve(double[][] rows, double[][] others, int[][] links)
    {
        var all = new double[Rank, Rank];
        foreach (var other in others)
        {
            AddSquare(all, other, 1);
        }

        for (var row = 0; row < rows.Length; row++)
        {
            var left = (double[,])all.Clone();
            var right = new double[Rank];
            foreach (var link in links[row])
            {
                AddSquare(left, others[link], Weight);
                for (var k = 0; k < Rank; k++)
                {
                    right[k] += (1 + Weight) * others[link][k];
                }
            }

            for (var k = 0; k < Rank; k++)
            {
                left[k, k] += Ridge;
            }

            LinearSystem.Solve(left, right);
            rows[row] = right;
        }
    }

    private static void AddSquare(double[,] sum, double[] x, double weight)
    {
        for (var i = 0; i < Rank; i++)
        {
            for (var j = 0; j <= i; j++)
            {
                sum[i, j] += weight * x[i] * x[j];
            }
        }
    }
}
