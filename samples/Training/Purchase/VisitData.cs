using Krewe.Onnx.Tiny;
using Krewe.Training.Numerics;

namespace Krewe.Training.Purchase;

/// <summary>Synthetic visits to a web shop, and whether they ended in a purchase.</summary>
internal sealed record VisitData(float[][] Features, bool[] Purchased)
{
    /// <summary>
    /// The features: minutes on the site, pages seen, items in the basket, value of the basket in euros, days since the last visit, earlier
    /// purchases, discount shown (0 or 1), on a phone (0 or 1).
    /// </summary>
    public const int FeatureCount = 8;

    /// <summary>The training set.</summary>
    public static VisitData ForTraining() => Generate(seed: 401, count: 12_000);

    /// <summary>The test set: other visits to the same shop.</summary>
    public static VisitData HeldOut() => Generate(seed: 402, count: 6_000);

    private static VisitData Generate(ulong seed, int count)
    {
        var random = new SeededRandom(seed);
        var features = new float[count][];
        var purchased = new bool[count];
        for (var i = 0; i < count; i++)
        {
            features[i] = Visit(random);
            purchased[i] = random.NextDouble() < StableMath.Sigmoid(Inclination(features[i], random));
        }

        return new VisitData(features, purchased);
    }

    private static float[] Visit(SeededRandom random)
    {
        // A latent variable that correlates time, pages and basket.
        var interest = random.NextNormal();
        var minutes = StableMath.Exp(1.4 + (0.5 * interest) + (0.5 * random.NextNormal()));
        var pages = 1 + Math.Floor(minutes * random.NextDouble(0.6, 1.8));
        var items = Math.Max(0, Math.Round(0.4 + (0.9 * interest) + random.NextNormal()));
        var value = items * StableMath.Exp(3 + (0.6 * random.NextNormal()));
        var days = Math.Floor(60 * random.NextDouble() * random.NextDouble());
        var before = Math.Max(0, Math.Round(0.8 + (1.3 * random.NextNormal())));
        var discount = random.NextDouble() < 0.3 ? 1 : 0;
        var phone = random.NextDouble() < 0.55 ? 1 : 0;
        return
        [
            (float)(Math.Round(minutes * 10) / 10), (float)pages, (float)items, (float)(Math.Round(value * 100) / 100),
            (float)days, (float)before, discount, phone,
        ];
    }

    private static double Inclination(float[] visit, SeededRandom random) =>
        -2.9 + (0.13 * visit[0]) + (0.02 * visit[1]) + (0.75 * visit[2]) - (0.006 * visit[3]) - (0.03 * visit[4])
        + (0.4 * visit[5]) + (0.8 * visit[6]) - (0.5 * visit[7]) + (0.4 * random.NextNormal());
}
