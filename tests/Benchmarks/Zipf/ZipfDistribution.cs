using Krewe.Onnx.Tiny;

namespace Krewe.Benchmarks.Zipf;

/// <summary>Ranks 0, 1, 2, … of which rank r comes with a likelihood in proportion to 1 / (r + 1).</summary>
internal sealed class ZipfDistribution
{
    private readonly double[] cumulative;

    public ZipfDistribution(int ranks)
    {
        cumulative = new double[ranks];
        var sum = 0.0;
        for (var rank = 0; rank < ranks; rank++)
        {
            cumulative[rank] = sum += 1.0 / (rank + 1);
        }
    }

    public int Next(SeededRandom random)
    {
        var found = Array.BinarySearch(cumulative, random.NextDouble() * cumulative[^1]);
        return Math.Min(found < 0 ? ~found : found, cumulative.Length - 1);
    }
}
