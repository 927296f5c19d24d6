namespace Krewe.Training.Quality;

/// <summary>The quality of predicted amounts.</summary>
/// <param name="RSquared">The share of the variance explained: 0 for always predicting the mean, 1 perfect.</param>
/// <param name="MeanError">Mean absolute error, in the unit of the amounts.</param>
/// <param name="BaseMeanError">The same for always predicting the mean.</param>
internal sealed record RegressionQuality(double RSquared, double MeanError, double BaseMeanError)
{
    /// <summary>Compares predictions with the true amounts.</summary>
    public static RegressionQuality Of(float[] predictions, float[] truth)
    {
        var mean = truth.Average(t => (double)t);
        var pairs = predictions.Zip(truth, (p, t) => (Error: (double)p - t, Spread: t - mean)).ToArray();
        return new RegressionQuality(
            1 - (pairs.Sum(p => p.Error * p.Error) / pairs.Sum(p => p.Spread * p.Spread)),
            pairs.Average(p => Math.Abs(p.Error)),
            pairs.Average(p => Math.Abs(p.Spread)));
    }

    public override string ToString() => $"R² {RSquared:F3}, mean error {MeanError:N0} (always the mean: {BaseMeanError:N0})";
}
