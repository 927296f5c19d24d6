using Krewe.Onnx.Building;

namespace Krewe.Training.Numerics;

/// <summary>Scales every feature to mean 0 and standard deviation 1, in training and in the graph.</summary>
internal sealed class Standardiser
{
    private readonly float[] mean;
    private readonly float[] deviation;

    private Standardiser(float[] mean, float[] deviation)
    {
        this.mean = mean;
        this.deviation = deviation;
    }

    /// <summary>Computes the mean and standard deviation of each feature (one row per example).</summary>
    public static Standardiser Fit(float[][] rows)
    {
        var mean = new float[rows[0].Length];
        var deviation = new float[rows[0].Length];
        for (var j = 0; j < mean.Length; j++)
        {
            var sum = 0.0;
            var squares = 0.0;
            foreach (var row in rows)
            {
                sum += row[j];
                squares += (double)row[j] * row[j];
            }

            var average = sum / rows.Length;
            mean[j] = (float)average;
            deviation[j] = (float)Math.Sqrt((squares / rows.Length) - (average * average));
        }

        return new Standardiser(mean, deviation);
    }

    /// <summary>The standardised features of one example, followed by a 1 for the intercept.</summary>
    public double[] Apply(float[] row)
    {
        var result = new double[row.Length + 1];
        for (var j = 0; j < row.Length; j++)
        {
            result[j] = (row[j] - mean[j]) / deviation[j];
        }

        result[^1] = 1;
        return result;
    }

    /// <summary>
    /// The graph of a linear model: <c>features</c> FP32 [batch, F], standardised, times the weights plus the intercept (the last
    /// weight) gives <c>sum</c> FP32 [batch, 1].
    /// </summary>
    public ModelBuilder ToGraph(string name, double[] weights) => new ModelBuilder(name)
        .Input("features", TensorType.Float, "batch", mean.Length)
        .Initializer("mean", mean, mean.Length)
        .Initializer("deviation", deviation, mean.Length)
        .Initializer("weights", [.. weights[..^1].Select(w => (float)w)], mean.Length, 1)
        .Initializer("intercept", [(float)weights[^1]], 1)
        .Node("Sub", ["features", "mean"], "centred")
        .Node("Div", ["centred", "deviation"], "standard")
        .Node("Gemm", ["standard", "weights", "intercept"], "sum");
}
