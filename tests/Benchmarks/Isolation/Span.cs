using System.Diagnostics;
using Krewe.Benchmarks.Latency;

namespace Krewe.Benchmarks.Isolation;

/// <summary>A stretch of time, in ticks of <see cref="Stopwatch"/>.</summary>
internal readonly record struct Span(long Start, long End)
{
    public double Seconds => Stopwatch.GetElapsedTime(Start, End).TotalSeconds;

    public static Span Now() => new(Stopwatch.GetTimestamp(), long.MaxValue);

    public Span UntilNow() => this with { End = Stopwatch.GetTimestamp() };

    /// <summary>True where part of the call falls into this stretch.</summary>
    public bool Touches(Sample call) => call.Start < End && call.End > Start;
}
