namespace Krewe.Benchmarks.Latency;

/// <summary>One call, in ticks of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
/// <param name="Start">When it was due: for an open loop also where the caller came late.</param>
/// <param name="End">When the answer was there.</param>
internal readonly record struct Sample(long Start, long End)
{
    public double Microseconds => (End - Start) * 1e6 / System.Diagnostics.Stopwatch.Frequency;
}
