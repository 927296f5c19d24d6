using Krewe.Rollouts.Counts;

namespace Krewe.Rollouts.Tests.Simulation;

/// <summary>How a version behaves.</summary>
internal sealed record Behaviour(Durations Durations)
{
    /// <summary>The part of its calls that fail.</summary>
    public double ErrorRate { get; init; }

    /// <summary>How many times as long its calls take.</summary>
    public double Slowness { get; init; } = 1;

    /// <summary>The part of its answers that differ from the serving version's.</summary>
    public double Disagreement { get; init; }

    /// <summary>How often in a second it stops answering for a while, as for a collection of garbage.</summary>
    public double StallsPerSecond { get; init; }

    /// <summary>The longest such stop, in seconds.</summary>
    public double LongestStall { get; init; } = 0.5;

    /// <summary>What one second of calls looks like.</summary>
    public ArmCounts Draw(double expected, Weather weather, Dice random)
    {
        var calls = random.Poisson(expected);
        if (calls == 0)
        {
            return ArmCounts.Empty;
        }

        var errors = random.Binomial(calls, Math.Min(1, ErrorRate + weather.ErrorRate));
        var (good, histogram) = (calls - errors, new long[LatencyHistogram.Buckets]);
        var stall = Math.Max(weather.Stall, random.NextDouble() < StallsPerSecond ? LongestStall * random.NextDouble() : 0);
        var stalled = random.Binomial(good, Math.Min(1, stall));
        Durations.AddStalled(histogram, stalled, Slowness * weather.Slowness, stall, random);
        Durations.Add(histogram, good - stalled, Slowness * weather.Slowness, random);
        var counted = new LatencyHistogram { Counts = [.. histogram.AsSpan(0, Array.FindLastIndex(histogram, count => count > 0) + 1)] };
        return new ArmCounts(counted.Total + errors, errors, counted);
    }
}
