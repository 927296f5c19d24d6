using Krewe.Training.HousePrice;
using Krewe.Training.Quality;

namespace Krewe.Samples.Tests;

public sealed class HousePriceTests
{
    [Fact]
    public void PricesHousesHeldOut()
    {
        var data = HouseData.HeldOut();

        var quality = RegressionQuality.Of(Predict(data.Features), data.Prices);

        Assert.InRange(quality.RSquared, 0.9, 1);
        Assert.InRange(quality.MeanError, 0, 0.35 * quality.BaseMeanError);
    }

    [Fact]
    public void HeldOutHousesAreOthers()
    {
        var seen = HouseData.ForTraining().Features.Select(Key).ToHashSet();

        Assert.DoesNotContain(HouseData.HeldOut().Features, row => seen.Contains(Key(row)));

        static string Key(float[] row) => string.Join(',', row);
    }

    [Fact]
    public void AnotherSquareMetreCostsMore()
    {
        var prices = Predict([[120, 400, 4, 2, 20, 5, 1, 5], [130, 400, 4, 2, 20, 5, 1, 5]]);

        Assert.InRange(prices[1] - prices[0], 10_000, 40_000);
    }

    [Fact]
    public void TrainingAgainGivesTheCommittedFile() =>
        Assert.Equal(File.ReadAllBytes(Runner.SamplePath("house-price")), new HousePriceSample().Train(TextWriter.Null).ToBytes());

    private static float[] Predict(float[][] rows)
    {
        using var model = Runner.Sample("house-price");
        return model.Run<float, float>("features", [.. rows.SelectMany(row => row)], [rows.Length, HouseData.FeatureCount], "price");
    }
}
