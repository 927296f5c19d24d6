using Krewe.Training.Purchase;
using Krewe.Training.Quality;

namespace Krewe.Samples.Tests;

public sealed class PurchaseTests
{
    [Fact]
    public void RanksAndPredictsVisitsHeldOut()
    {
        var data = VisitData.HeldOut();

        var quality = BinaryQuality.Of(Predict(data.Features), data.Purchased);

        Assert.InRange(quality.Auc, 0.77, 1);
        Assert.InRange(quality.LogLoss, 0, 0.85 * quality.BaseLogLoss);
        Assert.InRange(quality.CalibrationError, 0, 0.02);
    }

    [Fact]
    public void HeldOutVisitsAreOthers()
    {
        var seen = VisitData.ForTraining().Features.Select(Key).ToHashSet();

        // A few short visits with an empty basket are alike by chance.
        Assert.InRange(VisitData.HeldOut().Features.Count(row => seen.Contains(Key(row))) / 6000.0, 0, 0.05);

        static string Key(float[] row) => string.Join(',', row);
    }

    [Fact]
    public void AFullBasketAndADiscountMakeAPurchaseLikelier()
    {
        var probabilities = Predict([[3, 5, 0, 0, 30, 0, 0, 1], [12, 15, 3, 60, 2, 2, 1, 0]]);

        Assert.InRange(probabilities[0], 0, 0.1f);
        Assert.InRange(probabilities[1], 0.8f, 1);
    }

    [Fact]
    public void TrainingAgainGivesTheCommittedFile() =>
        Assert.Equal(File.ReadAllBytes(Runner.SamplePath("purchase")), new PurchaseSample().Train(TextWriter.Null).ToBytes());

    private static float[] Predict(float[][] rows)
    {
        using var model = Runner.Sample("purchase");
        return model.Run<float, float>("features", [.. rows.SelectMany(row => row)], [rows.Length, VisitData.FeatureCount], "probability");
    }
}
