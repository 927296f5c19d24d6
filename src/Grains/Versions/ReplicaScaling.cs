using System.Collections.Immutable;
using Krewe.Abstractions.Hosting;
using Krewe.Grains.Interfaces.Versions;

namespace Krewe.Grains.Versions;

/// <summary>
/// Autoscaling: how many replicas a version needs, from their reports. Waiting requests show that there are too few. The rate that a
/// replica reached while requests waited shows when fewer suffice, because a queue is empty long before a replica is idle.
/// </summary>
internal static class ReplicaScaling
{
    /// <summary>The fraction of the scale-up threshold below which waiting counts as none.</summary>
    private const double CalmShare = 0.25;

    /// <summary>Adds a report.</summary>
    public static ScalingState Record(ScalingState state, ReplicaReport report, TimeSpan now, ScalingOptions options)
    {
        var rate = state.Loads.TryGetValue(report.Index, out var before) && now > before.At
            ? report.Calls / (now - before.At).TotalSeconds
            : 0;
        var recorded = state with { Loads = state.Loads.SetItem(report.Index, new ReplicaLoad(report.Waiting, rate, now)) };

        // A grain that was just activated has lost the count; a replica's index restores it.
        return now <= options.DownDelay && report.Index >= state.Count && report.Index < report.Range.Max
            ? recorded with { Count = report.Index + 1 }
            : recorded;
    }

    /// <summary>How many replicas there should be now.</summary>
    /// <param name="state">The state after the last report.</param>
    /// <param name="range">The version's configured range.</param>
    /// <param name="silos">Silos that can host a replica; more replicas than silos add no capacity.</param>
    /// <param name="now">The time, counted from the state's start.</param>
    /// <param name="options">Thresholds and delays.</param>
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

    /// <summary>The state after a change of the count; earlier pressure and slack no longer apply.</summary>
    public static ScalingState Changed(ScalingState state, int count) =>
        state with { Count = count, PressedSince = null, SlackSince = null };

    private static ScalingState Judge(ScalingState state, double waiting, double rate, int least, TimeSpan now, ScalingOptions options)
    {
        var isPressed = waiting / state.Count > options.WaitingPerReplica;
        var saturated = isPressed && rate > 0 ? Math.Max(rate / state.Count, state.SaturatedRate * 0.9) : state.SaturatedRate;
        var isSlack = state.Count > least
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

/// <summary>When to add a replica or remove one.</summary>
/// <param name="WaitingPerReplica">Scale up above this many waiting requests per replica, on average.</param>
/// <param name="UpDelay">How long the pressure must last.</param>
/// <param name="DownDelay">How long fewer replicas must suffice.</param>
internal sealed record ScalingOptions(double WaitingPerReplica, TimeSpan UpDelay, TimeSpan DownDelay)
{
    /// <summary>Reports older than this are ignored.</summary>
    public TimeSpan ReportLife { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>The fraction of the saturated rate that fewer replicas may carry.</summary>
    public double TrustedShare { get; init; } = 0.7;

    /// <summary>Above this multiple of the threshold the replicas double instead of growing by one.</summary>
    public double SteepPressure { get; init; } = 4;
}

/// <summary>The state of <see cref="ReplicaScaling"/> between reports. Immutable; times count from its start.</summary>
/// <param name="Count">How many replicas callers choose from.</param>
internal sealed record ScalingState(int Count)
{
    /// <summary>Reports by replica.</summary>
    public ImmutableDictionary<int, ReplicaLoad> Loads { get; init; } = ImmutableDictionary<int, ReplicaLoad>.Empty;

    /// <summary>When pressure began; null if there is none.</summary>
    public TimeSpan? PressedSince { get; init; }

    /// <summary>When fewer replicas began to suffice; null if they do not.</summary>
    public TimeSpan? SlackSince { get; init; }

    /// <summary>Calls per second of one replica under pressure; 0 if unknown.</summary>
    public double SaturatedRate { get; init; }
}

/// <summary>A replica's last report.</summary>
/// <param name="Waiting">Waiting requests, on average.</param>
/// <param name="CallsPerSecond">Calls it answered per second.</param>
/// <param name="At">When the report arrived, counted from the state's start.</param>
internal readonly record struct ReplicaLoad(double Waiting, double CallsPerSecond, TimeSpan At);
