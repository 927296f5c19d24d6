using Krewe.Onnx.Tiny;
using Krewe.Training.Numerics;

namespace Krewe.Samples.Tests;

public sealed class NumericsTests
{
    [Fact]
    public void ExpAgreesWithThePlatformToThirteenDigits()
    {
        for (var x = -50.0; x <= 50; x += 0.37)
        {
            Assert.Equal(1, StableMath.Exp(x) / Math.Exp(x), 1e-13);
        }

        Assert.Equal(0, StableMath.Exp(-1e6));
        Assert.Equal(double.PositiveInfinity, StableMath.Exp(1e6));
    }

    [Fact]
    public void LinearSystemIsSolved()
    {
        double[] b = [10, 9];

        LinearSystem.Solve(new double[,] { { 4, 0 }, { 1, 3 } }, b);

        Assert.Equal([21 / 11.0, 26 / 11.0], b, (x, y) => Math.Abs(x - y) < 1e-12);
    }

    [Fact]
    public void LinearSystemThatIsNotPositiveDefiniteIsRefused() =>
        Assert.Throws<ArithmeticException>(() => LinearSystem.Solve(new double[,] { { 1, 0 }, { 2, 1 } }, [1, 1]));

    [Fact]
    public void RandomNumbersAreThoseOfSplitMix64()
    {
        // The published test vector of SplitMix64 for this seed.
        var random = new SeededRandom(1234567);

        Assert.Equal(6457827717110365317UL, random.NextUInt64());
        Assert.Equal(3203168211198807973UL, random.NextUInt64());
    }

    [Fact]
    public void NormalNumbersHaveMeanZeroAndDeviationOne()
    {
        var random = new SeededRandom(1);
        var values = Enumerable.Range(0, 20_000).Select(_ => random.NextNormal()).ToArray();

        Assert.Equal(0, values.Average(), 0.02);
        Assert.Equal(1, values.Average(v => v * v), 0.03);
    }
}
