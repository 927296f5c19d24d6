using Krewe.Onnx.Tiny;

namespace Krewe.Training.HousePrice;

/// <summary>Synthetic houses for sale: features and asking prices in euros.</summary>
internal sealed record HouseData(float[][] Features, float[] Prices)
{
    /// <summary>
    /// The features: living area in m², plot in m², bedrooms, bathrooms, age in years, distance to the centre in km, garage (0 or 1),
    /// energy class (1 worst to 7 best).
    /// </summary>
    public const int FeatureCount = 8;

    /// <summary>The training set.</summary>
    public static HouseData ForTraining() => Generate(seed: 501, count: 4000);

    /// <summary>The test set: other houses of the same town.</summary>
    public static HouseData HeldOut() => Generate(seed: 502, count: 2000);

    private static HouseData Generate(ulong seed, int count)
    {
        var random = new SeededRandom(seed);
        var features = new float[count][];
        var prices = new float[count];
        for (var i = 0; i < count; i++)
        {
            features[i] = House(random);
            prices[i] = (float)Price(features[i], random);
        }

        return new HouseData(features, prices);
    }

    private static float[] House(SeededRandom random)
    {
        var area = Math.Max(35, 120 + (38 * random.NextNormal()));
        var distance = 14 * random.NextDouble() * random.NextDouble();
        var plot = area + (distance * 45 * random.NextDouble()) + (200 * random.NextDouble());
        var bedrooms = Math.Clamp(Math.Round((area / 35) + (0.5 * random.NextNormal())), 1, 7);
        var bathrooms = Math.Clamp(Math.Round((area / 90) + (0.4 * random.NextNormal())), 1, 4);
        var age = Math.Round(90 * random.NextDouble());
        var garage = random.NextDouble() < 0.35 + (0.03 * distance) ? 1 : 0;
        var energy = Math.Clamp(Math.Round(6.5 - (age / 18) + random.NextNormal()), 1, 7);
        return
        [
            (float)Math.Round(area), (float)Math.Round(plot), (float)bedrooms, (float)bathrooms,
            (float)age, (float)(Math.Round(distance * 10) / 10), garage, (float)energy,
        ];
    }

    // Nearly linear, with some curvature by distance, and noise that grows with the area.
    private static double Price(float[] house, SeededRandom random)
    {
        double area = house[0], distance = house[5];
        var price = 62_000 + (2_450 * area) + (95 * house[1]) + (4_500 * house[2]) + (11_000 * house[3])
            - (650 * house[4]) - (13_500 * distance) + (420 * distance * distance)
            + (16_000 * house[6]) + (6_200 * house[7]);
        return Math.Round(Math.Max(20_000, price + (random.NextNormal() * (12_000 + (190 * area)))) / 100) * 100;
    }
}
