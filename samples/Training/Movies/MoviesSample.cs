using Krewe.Onnx.Building;
using Krewe.Training.Quality;

namespace Krewe.Training.Movies;

/// <summary>
/// <c>movies</c>: a recommender by matrix factorisation. <c>user</c> INT64 [batch], 0 to 399, gives the ten best recommendations in order:
/// <c>items</c> INT64 [batch, 10] and <c>scores</c> FP32 [batch, 10]. Films the user has watched are excluded.
/// </summary>
internal sealed class MoviesSample : ISample
{
    private const int Rounds = 12;
    private const float Never = -1e9f;

    public string Name => "movies";

    public ModelBuilder Train(TextWriter log)
    {
        var data = MovieData.Generate();
        var viewersOfFilm = ByFilm(data.Watched);
        var factors = new Factors(MovieData.Viewers, MovieData.Films);
        for (var round = 1; round <= Rounds; round++)
        {
            factors.Step(data.Watched, viewersOfFilm);
            if (round % 4 == 0)
            {
                log.WriteLine($"  round {round} of {Rounds}: {Measure(data, factors.Score)}");
            }
        }

        log.WriteLine($"  held out: {Measure(data, factors.Score)}");
        log.WriteLine($"  popularity alone: {Popularity(data)}");
        return ToGraph(factors, data);
    }

    /// <summary>The baseline: recommends the most watched films to every viewer, except those already watched.</summary>
    public static RankingQuality Popularity(MovieData data)
    {
        var counts = ByFilm(data.Watched).Select(viewers => viewers.Length).ToArray();
        return Measure(data, (_, film) => counts[film]);
    }

    private static RankingQuality Measure(MovieData data, Func<int, int, double> score)
    {
        var lists = data.Watched.Select((watched, viewer) => Enumerable.Range(0, MovieData.Films)
            .Except(watched)
            .OrderByDescending(film => score(viewer, film))
            .Take(RankingQuality.Length)
            .Select(film => (long)film)
            .ToArray());
        return RankingQuality.Of([.. lists], data.HeldOut);
    }

    private static int[][] ByFilm(int[][] watched) =>
    [
        .. Enumerable.Range(0, MovieData.Films)
            .Select(film => Enumerable.Range(0, watched.Length).Where(viewer => watched[viewer].Contains(film)).ToArray()),
    ];

    private ModelBuilder ToGraph(Factors factors, MovieData data)
    {
        var seen = new bool[MovieData.Viewers * MovieData.Films];
        for (var viewer = 0; viewer < MovieData.Viewers; viewer++)
        {
            foreach (var film in data.Watched[viewer])
            {
                seen[(viewer * MovieData.Films) + film] = true;
            }
        }

        return new ModelBuilder(Name)
            .Description("Ten films for a viewer, by matrix factorisation.")
            .Input("user", TensorType.Int64, "batch")
            .Initializer("viewers", Flatten(factors.Viewers), MovieData.Viewers, Factors.Rank)
            .Initializer("films", Flatten(factors.Films), MovieData.Films, Factors.Rank)
            .Initializer("seen", seen, MovieData.Viewers, MovieData.Films)
            .Initializer("never", [Never])
            .Initializer("ten", [(long)RankingQuality.Length], 1)
            .Node("Gather", ["viewers", "user"], "taste", ("axis", 0))
            .Node("Gemm", ["taste", "films"], "all", ("transB", 1))
            .Node("Gather", ["seen", "user"], "watched", ("axis", 0))
            .Node("Where", ["watched", "never", "all"], "unseen")
            .Node("TopK", ["unseen", "ten"], ["scores", "items"], ("axis", 1))
            .Output("items", TensorType.Int64, "batch", RankingQuality.Length)
            .Output("scores", TensorType.Float, "batch", RankingQuality.Length);
    }

    private static float[] Flatten(double[][] rows) => [.. rows.SelectMany(row => row, (_, value) => (float)value)];
}
