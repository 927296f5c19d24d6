using Krewe.Onnx.Tiny;
using Krewe.Training.Numerics;

namespace Krewe.Training.Movies;

/// <summary>
/// Synthetic viewing data: 400 viewers, 240 films. Viewers and films have a preference for a few genres; popular films attract all viewers.
/// </summary>
/// <param name="Watched">The training films of each viewer.</param>
/// <param name="HeldOut">The held-out films of each viewer: a fifth of all watched.</param>
internal sealed record MovieData(int[][] Watched, int[][] HeldOut)
{
    public const int Viewers = 400;
    public const int Films = 240;
    private const int Genres = 6;
    private const double HeldOutShare = 0.2;

    /// <summary>The data set.</summary>
    public static MovieData Generate()
    {
        var random = new SeededRandom(301);
        var films = Tastes(random, Films);
        var fame = Enumerable.Range(0, Films).Select(_ => 0.9 * random.NextNormal()).ToArray();
        var watched = new int[Viewers][];
        var heldOut = new int[Viewers][];
        var tastes = Tastes(random, Viewers);
        for (var viewer = 0; viewer < Viewers; viewer++)
        {
            var seen = Watch(tastes[viewer], films, fame, 20 + random.NextInt32(31), random);
            var cut = (int)Math.Round(seen.Length * HeldOutShare);
            heldOut[viewer] = [.. seen[..cut].Order()];
            watched[viewer] = [.. seen[cut..].Order()];
        }

        return new MovieData(watched, heldOut);
    }

    // Two genres are prominent in each, the second less.
    private static double[][] Tastes(SeededRandom random, int count)
    {
        var tastes = new double[count][];
        for (var i = 0; i < count; i++)
        {
            tastes[i] = [.. Enumerable.Range(0, Genres).Select(_ => 0.15 * random.NextDouble())];
            tastes[i][random.NextInt32(Genres)] += 1;
            tastes[i][random.NextInt32(Genres)] += 0.6;
        }

        return tastes;
    }

    // Samples films without replacement, in the order watched.
    private static int[] Watch(double[] taste, double[][] films, double[] fame, int count, SeededRandom random)
    {
        var odds = films.Select((film, i) => StableMath.Exp((2.4 * Dot(taste, film)) + fame[i])).ToArray();
        var seen = new int[count];
        for (var n = 0; n < count; n++)
        {
            var left = random.NextDouble() * Total(odds);
            var film = 0;
            while (film < odds.Length - 1 && (left -= odds[film]) >= 0)
            {
                film++;
            }

            seen[n] = film;
            odds[film] = 0;
        }

        return seen;
    }

    private static double Dot(double[] a, double[] b) => Total([.. a.Zip(b, (x, y) => x * y)]);

    // Not Enumerable.Sum, which may add in another order.
    private static double Total(double[] values) => values.Aggregate(0.0, (sum, value) => sum + value);
}
