using Krewe.Training.Quality;

namespace Krewe.Samples.Tests;

public sealed class QualityTests
{
    [Fact]
    public void AucIsTheShareOfPairsInOrder()
    {
        // Three of the four pairs (yes, no) are in order.
        Assert.Equal(0.75, BinaryQuality.Of([0.1f, 0.4f, 0.35f, 0.8f], [false, false, true, true]).Auc);
        Assert.Equal(0.5, BinaryQuality.Of([0.5f, 0.5f, 0.5f, 0.5f], [false, true, false, true]).Auc);
    }

    [Fact]
    public void LogLossOfTheBaseRateIsItsEntropy()
    {
        var quality = BinaryQuality.Of([0.25f, 0.25f, 0.25f, 0.25f], [false, false, true, false]);

        Assert.Equal(quality.BaseLogLoss, quality.LogLoss, 1e-12);
    }

    [Fact]
    public void CalibrationErrorSeesOverconfidence()
    {
        bool[] outcomes = [.. Enumerable.Range(0, 100).Select(i => i % 2 == 0)];

        Assert.Equal(0.4, BinaryQuality.Of([.. outcomes.Select(_ => 0.9f)], outcomes).CalibrationError, 1e-6);
    }

    [Fact]
    public void RankingCountsHitsAndTheirPlaces()
    {
        long[] list = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];

        Assert.Equal(new RankingQuality(1, 1), RankingQuality.Of([list], [[1, 2]]));
        Assert.Equal(new RankingQuality(0.5, 1 / (1 + (1 / Math.Log2(3)))), RankingQuality.Of([list], [[1, 99]]));
        Assert.Equal(new RankingQuality(0, 0), RankingQuality.Of([list], [[99]]));
    }

    [Fact]
    public void RSquaredIsZeroForTheMeanAndOneForTheTruth()
    {
        Assert.Equal(0, RegressionQuality.Of([2, 2, 2], [1, 2, 3]).RSquared);
        Assert.Equal(1, RegressionQuality.Of([1, 2, 3], [1, 2, 3]).RSquared);
    }
}
