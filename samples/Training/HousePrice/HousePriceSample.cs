using Krewe.Onnx.Building;
using Krewe.Training.Numerics;
using Krewe.Training.Quality;

namespace Krewe.Training.HousePrice;

/// <summary>
/// <c>house-price</c>: linear regression in closed form. <c>features</c> FP32 [batch, 8] (see <see cref="HouseData"/>) gives
/// <c>price</c> FP32 [batch, 1] in euros.
/// </summary>
internal sealed class HousePriceSample : ISample
{
    // Enough to keep the system well conditioned (area and bedrooms correlate), too little to affect a price.
    private const double Ridge = 1e-3;

    public string Name => "house-price";

    public ModelBuilder Train(TextWriter log)
    {
        var data = HouseData.ForTraining();
        var standard = Standardiser.Fit(data.Features);
        var weights = Fit(data, standard);
        log.WriteLine($"  solved {weights.Length} equations from {data.Prices.Length:N0} houses");

        var heldOut = HouseData.HeldOut();
        var predictions = heldOut.Features.Select(row => (float)Dot(standard.Apply(row), weights)).ToArray();
        log.WriteLine($"  held out: {RegressionQuality.Of(predictions, heldOut.Prices)}");

        return standard.ToGraph(Name, weights)
            .Description("Price of a house in euros, by linear regression.")
            .Node("Identity", ["sum"], "price")
            .Output("price", TensorType.Float, "batch", 1);
    }

    // The normal equations: (XᵀX + ridge)·w = Xᵀy.
    private static double[] Fit(HouseData data, Standardiser standard)
    {
        const int N = HouseData.FeatureCount + 1;
        var left = new double[N, N];
        var right = new double[N];
        for (var i = 0; i < N; i++)
        {
            left[i, i] = Ridge;
        }

        for (var row = 0; row < data.Prices.Length; row++)
        {
            var x = standard.Apply(data.Features[row]);
            for (var i = 0; i < N; i++)
            {
                right[i] += x[i] * data.Prices[row];
                for (var j = 0; j <= i; j++)
                {
                    left[i, j] += x[i] * x[j];
                }
            }
        }

        LinearSystem.Solve(left, right);
        return right;
    }

    private static double Dot(double[] a, double[] b) => a.Zip(b, (x, y) => x * y).Sum();
}
