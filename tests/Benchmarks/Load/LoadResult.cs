namespace Krewe.Benchmarks.Load;

/// <summary>What a round of load did.</summary>
/// <param name="Requests">Answers received, of any status.</param>
/// <param name="Duration">How long it took.</param>
/// <param name="Failures">Answers that were not 2xx, and connections that broke.</param>
internal sealed record LoadResult(long Requests, TimeSpan Duration, long Failures)
{
    public double PerSecond => Requests / Duration.TotalSeconds;
}
