namespace Krewe.Onnx.Tiny;

/// <summary>
/// Random numbers that are the same on every machine and in every release of .NET (SplitMix64: a counter and a mixing function by
/// Stafford). Uses only operations that IEEE 754 rounds exactly.
/// </summary>
public sealed class SeededRandom(ulong seed)
{
    private ulong state = seed;

    /// <summary>64 random bits.</summary>
    public ulong NextUInt64()
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>A number in [0, 1).</summary>
    public double NextDouble() => (NextUInt64() >> 11) * (1.0 / (1UL << 53));

    /// <summary>A number in [<paramref name="low"/>, <paramref name="high"/>).</summary>
    public double NextDouble(double low, double high) => low + ((high - low) * NextDouble());

    /// <summary>An integer in [0, <paramref name="limit"/>).</summary>
    public int NextInt32(int limit) => (int)Math.BigMul(NextUInt64(), (ulong)limit, out _);

    /// <summary>
    /// An approximately normal number of mean 0 and standard deviation 1: the sum of twelve uniform ones (Irwin-Hall), which needs no
    /// function that rounds differently by platform. Never beyond ±6.
    /// </summary>
    public double NextNormal()
    {
        var sum = -6.0;
        for (var i = 0; i < 12; i++)
        {
            sum += NextDouble();
        }

        return sum;
    }

    /// <summary>Fills with numbers in [-<paramref name="bound"/>, <paramref name="bound"/>).</summary>
    public void Fill(Span<float> values, float bound)
    {
        foreach (ref var value in values)
        {
            value = bound * ((int)(NextUInt64() >> 40) - (1 << 23)) / (1 << 23);
        }
    }
}
