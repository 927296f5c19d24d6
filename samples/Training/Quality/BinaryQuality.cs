namespace Krewe.Training.Quality;

/// <summary>The quality of predicted probabilities.</summary>
/// <param name="Auc">The probability that a positive is ranked above a negative: 0.5 is random, 1 perfect.</param>
/// <param name="LogLoss">The mean negative log likelihood, in nats.</param>
/// <param name="BaseLogLoss">The same for always predicting the base rate.</param>
/// <param name="CalibrationError">Mean difference between predicted and actual rate in ten bins of equal size.</param>
internal sealed record BinaryQuality(double Auc, double LogLoss, double BaseLogLoss, double CalibrationError)
{
    private const int Bins = 10;

    /// <summary>Compares predictions with outcomes.</summary>
    public static BinaryQuality Of(float[] probabilities, bool[] outcomes)
    {
        var order = Enumerable.Range(0, outcomes.Length).OrderBy(i => probabilities[i]).ToArray();
        var rate = outcomes.Count(o => o) / (double)outcomes.Length;
        return new BinaryQuality(
            AreaUnderCurve(order, probabilities, outcomes),
            outcomes.Select((o, i) => -Math.Log(o ? probabilities[i] : 1 - probabilities[i])).Average(),
            -(rate * Math.Log(rate)) - ((1 - rate) * Math.Log(1 - rate)),
            order.Chunk((order.Length + Bins - 1) / Bins).Average(bin => Gap(bin, probabilities, outcomes)));
    }

    public override string ToString() =>
        $"AUC {Auc:F3}, log loss {LogLoss:F3} (base rate {BaseLogLoss:F3}), calibration error {CalibrationError:F3}";

    // Mann-Whitney U: sum the ranks of the positives; equal predictions share their mean rank.
    private static double AreaUnderCurve(int[] order, float[] probabilities, bool[] outcomes)
    {
        var ranks = 0.0;
        for (var start = 0; start < order.Length;)
        {
            var end = start;
            while (end < order.Length && probabilities[order[end]] == probabilities[order[start]])
            {
                end++;
            }

            ranks += order[start..end].Count(i => outcomes[i]) * (start + 1 + end) / 2.0;
            start = end;
        }

        double yes = outcomes.Count(o => o), no = outcomes.Length - yes;
        return (ranks - (yes * (yes + 1) / 2)) / (yes * no);
    }

    private static double Gap(int[] bin, float[] probabilities, bool[] outcomes) =>
        Math.Abs(bin.Average(i => probabilities[i]) - (bin.Count(i => outcomes[i]) / (double)bin.Length));
}
