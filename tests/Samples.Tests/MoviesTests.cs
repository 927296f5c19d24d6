using Krewe.Training.Movies;
using Krewe.Training.Quality;
using Microsoft.ML.OnnxRuntime;

namespace Krewe.Samples.Tests;

public sealed class MoviesTests
{
    private static readonly MovieData Data = MovieData.Generate();

    [Fact]
    public void BeatsPopularityByHalfOnFilmsHeldOut()
    {
        var quality = RankingQuality.Of(Recommend(), Data.HeldOut);
        var popularity = MoviesSample.Popularity(Data);

        Assert.InRange(quality.Recall, Math.Max(0.37, 1.5 * popularity.Recall), 1);
        Assert.InRange(quality.Ndcg, Math.Max(0.37, 1.5 * popularity.Ndcg), 1);
    }

    [Fact]
    public void NeverRecommendsWhatWasWatched() =>
        Assert.All(Recommend(), (items, viewer) => Assert.Empty(items.Intersect(Data.Watched[viewer].Select(film => (long)film))));

    [Fact]
    public void GivesTenDifferentFilmsBestFirst()
    {
        using var model = Runner.Sample("movies");

        var scores = model.Run<long, float>("user", [0, 42, 399], [3], "scores").Chunk(RankingQuality.Length).ToArray();

        Assert.Equal(3, scores.Length);
        Assert.All(scores, row => Assert.Equal(row.OrderDescending(), row));
        Assert.All(Recommend(), items => Assert.Equal(RankingQuality.Length, items.Distinct().Count()));
    }

    [Fact]
    public void HeldOutFilmsAreNotLearntFrom() =>
        Assert.All(Data.HeldOut, (films, viewer) => Assert.Empty(films.Intersect(Data.Watched[viewer])));

    [Fact]
    public void RefusesAViewerItDoesNotKnow()
    {
        using var model = Runner.Sample("movies");

        Assert.Throws<OnnxRuntimeException>(() => model.Run<long, long>("user", [MovieData.Viewers], [1], "items"));
    }

    [Fact]
    public void TrainingAgainGivesTheCommittedFile() =>
        Assert.Equal(File.ReadAllBytes(Runner.SamplePath("movies")), new MoviesSample().Train(TextWriter.Null).ToBytes());

    private static long[][] Recommend()
    {
        using var model = Runner.Sample("movies");
        long[] everybody = [.. Enumerable.Range(0, MovieData.Viewers).Select(viewer => (long)viewer)];
        return [.. model.Run<long, long>("user", everybody, [everybody.Length], "items").Chunk(RankingQuality.Length)];
    }
}
