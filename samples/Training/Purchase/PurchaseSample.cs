using Krewe.Onnx.Building;
using Krewe.Training.Numerics;
using Krewe.Training.Quality;

namespace Krewe.Training.Purchase;

/// <summary>
/// <c>purchase</c>: logistic regression. <c>features</c> FP32 [batch, 8] (see <see cref="VisitData"/>) gives <c>probability</c> FP32
/// [batch, 1], the probability of a purchase.
/// </summary>
internal sealed class PurchaseSample : ISample
{
    private const int Steps = 6;
    private const double Ridge = 1e-2;
    private const int N = VisitData.FeatureCount + 1;

    public string Name => "purchase";

    public ModelBuilder Train(TextWriter log)
    {
        var data = VisitData.ForTraining();
        var standard = Standardiser.Fit(data.Features);
        var rows = data.Features.Select(standard.Apply).ToArray();
        var weights = new double[N];
        for (var step = 1; step <= Steps; step++)
        {
            var change = NewtonStep(rows, data.Purchased, weights);
            log.WriteLine($"  step {step}: largest change of a weight {change:E1}");
        }

        var heldOut = VisitData.HeldOut();
        var predictions = heldOut.Features.Select(row => (float)Predict(standard.Apply(row), weights)).ToArray();
        log.WriteLine($"  held out: {BinaryQuality.Of(predictions, heldOut.Purchased)}");

        return standard.ToGraph(Name, weights)
            .Description("Chance that a visit to a web shop ends in a purchase, by logistic regression.")
            .Node("Sigmoid", ["sum"], "probability")
            .Output("probability", TensorType.Float, "batch", 1);
    }

    // One step of Newton's method on the log loss: (XᵀSX + ridge)·Δ = Xᵀ(y − p) − ridge·w, with S = p(1 − p).
    private static double NewtonStep(double[][] rows, bool[] outcomes, double[] weights)
    {
        var left = new double[N, N];
        var right = new double[N];
        for (var i = 0; i < N; i++)
        {
            left[i, i] = Ridge;
            right[i] = -Ridge * weights[i];
        }

        for (var row = 0; row < rows.Length; row++)
        {
            var x = rows[row];
            var p = Predict(x, weights);
            var error = (outcomes[row] ? 1 : 0) - p;
            for (var i = 0; i < N; i++)
            {
                right[i] += x[i] * error;
                for (var j = 0; j <= i; j++)
                {
                    left[i, j] += x[i] * x[j] * p * (1 - p);
                }
            }
        }

        LinearSystem.Solve(left, right);
        for (var i = 0; i < N; i++)
        {
            weights[i] += right[i];
        }

        return right.Max(Math.Abs);
    }

    private static double Predict(double[] x, double[] weights)
    {
        var sum = 0.0;
        for (var i = 0; i < N; i++)
        {
            sum += x[i] * weights[i];
        }

        return StableMath.Sigmoid(sum);
    }
}
