using System.Collections.Immutable;
using Krewe.Grains.Interfaces.Versions;

namespace Krewe.Grains.Versions;

/// <summary>
/// Autoscaling: how many replicas a version needs, from what they report. Waiting requests show when there are too few; the calls that a
/// replica answered at that time show when fewer would do, because a queue is empty long before a replica is idle.
/// </summary>
internal static class ReplicaScaling
{
    /// <summary>The share of the pressure's threshold below which waiting counts as none.</summary>
    private const double CalmShare = 0.25;

    /// <summary>Takes a report in.</summary>
    public static ScalingState Hear(ScalingState state, ReplicaReport report, TimeSpan now, ScalingOptions options)
    {
        var rate = state.Loads.TryGetValue(report.Index, out var before) && now > before.At
            ? report.Calls / (now - before.At).TotalSeconds
            : 0;
        var heard = state with { Loads = state.Loads.SetItem(report.Index, new ReplicaLoad(report.Waiting, rate, now)) };

        // A grain that has just come here has forgotten the count; the replicas have not.
        return now <= options.DownDelay && report.Index >= state.Count && report.Index < report.Range.Max
            ? heard with { Count = report.Index + 1 }
            : heard;
    }

    /// <summary>How many replicas there should be now.</summary>
    /// <param name="state">What was heard.</param>
    /// <param name="range">What the version's settings allow.</param>
    /// <param name="silos">Silos that could have a replica; more replicas than that help nobody.</param>
    /// <param name="now">The time, counted from the state's start.</param>
    /// <param name="options">When to change.</param>
    public static (ScalingState State, int Wanted) Decide(
        ScalingState state, ReplicaRange range, int silos, TimeSpan now, ScalingOptions options)
    {
        var least = Math.Max(1, range.Min);
        var most = Math.Max(least, range.Max);
        if (state.Count < least || state.Count > most)
        {
            return (state with { PressedSince = null, SlackSince = null }, Math.Clamp(state.Count, least, most));
        }

        var fresh = state.Loads.Where(load => load.Key < state.Count && now - load.Value.At <= options.ReportLife)
            .Select(load => load.Value).ToArray();
        var waiting = fresh.Sum(load => load.Waiting);
        var rate = fresh.Sum(load => load.CallsPerSecond);
        var judged = Judge(state, waiting, rate, least, now, options);
        if (judged.PressedSince is { } pressed && now - pressed >= options.UpDelay)
        {
            var step = waiting / state.Count >= options.WaitingPerReplica * options.SteepPressure ? state.Count : 1;
            return (judged, Math.Max(state.Count, Math.Min(state.Count + step, Math.Min(most, silos))));
        }

        return judged.SlackSince is { } slack && now - slack >= options.DownDelay ? (judged, state.Count - 1) : (judged, state.Count);
    }

    /// <summary>The count has changed: what was measured before says nothing of it.</summary>
    public static ScalingState Changed(ScalingState state, int count) =>
        state with { Count = count, PressedSince = null, SlackSince = null };

    private static ScalingState Judge(ScalingState state, double waiting, double rate, int least, TimeSpan now, ScalingOptions options)
    {
        var isPressed = waiting / state.Count > options.WaitingPerReplica;
        var saturated = isPressed && rate > 0 ? Math.Max(rate / state.Count, state.SaturatedRate * 0.9) : state.SaturatedRate;
        var isSlack = !isPressed && state.Count > least
            && waiting <= options.WaitingPerReplica * CalmShare * (state.Count - 1)
            && (saturated == 0 || rate <= saturated * (state.Count - 1) * options.TrustedShare);
        return state with
        {
            SaturatedRate = saturated,
            PressedSince = isPressed ? state.PressedSince ?? now : null,
            SlackSince = isSlack ? state.SlackSince ?? now : null,
        };
    }
}

/// <summary>When there is to be another replica, or one less.</summary>
/// <param name="WaitingPerReplica">Requests that wait for each replica, on average, above which there is pressure.</param>
/// <param name="UpDelay">How long there must be pressure.</param>
/// <param name="DownDelay">How long fewer must have sufficed.</param>
internal sealed record ScalingOptions(double WaitingPerReplica, TimeSpan UpDelay, TimeSpan DownDelay)
{
    /// <summary>A report older than this says nothing.</summary>
    public TimeSpan ReportLife { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The share of what replicas can answer that fewer of them are trusted with.</summary>
    public double TrustedShare { get; init; } = 0.7;

    /// <summary>This many times the waiting that counts as pressure doubles the replicas instead of adding one.</summary>
    public double SteepPressure { get; init; } = 4;
}

/// <summary>What <see cref="ReplicaScaling"/> remembers between two reports. Immutable; times count from its start.</summary>
/// <param name="Count">How many replicas callers choose from.</param>
internal sealed record ScalingState(int Count)
{
    /// <summary>Reports by replica.</summary>
    public ImmutableDictionary<int, ReplicaLoad> Loads { get; init; } = ImmutableDictionary<int, ReplicaLoad>.Empty;

    /// <summary>Since when there is pressure; null where there is none.</summary>
    public TimeSpan? PressedSince { get; init; }

    /// <summary>Since when fewer would do; null where they would not.</summary>
    public TimeSpan? SlackSince { get; init; }

    /// <summary>Calls that one replica answered in a second when there was pressure; 0 where that was never seen.</summary>
    public double SaturatedRate { get; init; }
}

/// <summary>What was last heard of a replica.</summary>
/// <param name="Waiting">Requests that waited, on average.</param>
/// <param name="CallsPerSecond">Calls it answered in a second.</param>
/// <param name="At">When that was heard, counted from the state's start.</param>
internal readonly record struct ReplicaLoad(double Waiting, double CallsPerSecond, TimeSpan At);
