namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>Quick random numbers that are the same on every machine: SplitMix64, by Steele, Lea and Flood.</summary>
internal sealed class Dice(int seed) : Random(0)
{
    private ulong state = (ulong)seed;

    public override double NextDouble() => (Roll() >> 11) * (1.0 / (1UL << 53));

    public override int Next(int maxValue) => (int)(Roll() % (ulong)maxValue);

    private ulong Roll()
    {
        var z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }
}
