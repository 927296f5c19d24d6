using System.Collections.Immutable;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Storage;

namespace Krewe.Grains.Rollouts;

/// <summary>
/// The last report of each process about one rollout. The counts of a lost process stay; beyond <see cref="MaxReports"/> reports, those of
/// silent processes are merged. Immutable.
/// </summary>
internal sealed record CallReadings(string Rollout)
{
    /// <summary>Reports kept apart; beyond it those of silent processes are merged.</summary>
    public const int MaxReports = 32;

    private static readonly TimeSpan Silence = TimeSpan.FromMinutes(1);

    /// <summary>By process; merged reports are under the empty name.</summary>
    public ImmutableDictionary<string, CallReport> Reports { get; init; } = ImmutableDictionary<string, CallReport>.Empty;

    /// <summary>Processes whose reports were merged; later reports of theirs would count twice and are ignored.</summary>
    public ImmutableHashSet<string> Gone { get; init; } = [];

    /// <summary>When each process last reported to this activation.</summary>
    private ImmutableDictionary<string, DateTimeOffset> HeardAt { get; init; } = ImmutableDictionary<string, DateTimeOffset>.Empty;

    /// <summary>The sum of all counts, by step.</summary>
    public ImmutableSortedDictionary<int, StepCounts> Sum() => Sum(Reports.Values);

    /// <summary>Adds a report; an outdated one, or one of another rollout, changes nothing.</summary>
    public CallReadings With(CallReport report, DateTimeOffset now)
    {
        if (report.Counts.Rollout != Rollout || Gone.Contains(report.Reporter)
            || (Reports.TryGetValue(report.Reporter, out var known) && known.Number >= report.Number))
        {
            return this;
        }

        var heard = this with { HeardAt = HeardAt.SetItem(report.Reporter, now) };
        return report.Counts.Steps.IsEmpty ? heard
            : (heard with { Reports = Reports.SetItem(report.Reporter, report) }).Folded(now);
    }

    /// <summary>Merges the stored state, which another activation of the grain may have written.</summary>
    public CallReadings With(CountsState stored, DateTimeOffset now)
    {
        if (stored.Rollout != Rollout)
        {
            return this;
        }

        var merged = this with { Gone = Gone.Union(stored.Gone) };
        foreach (var (reporter, report) in stored.Reports)
        {
            merged = merged.With(new CallReport(reporter, report.Number, TrafficJson.ReadCounts(report.Counts)), now);
        }

        return merged with { Reports = merged.Reports.RemoveRange(merged.Gone) };
    }

    public CountsState ToState() => new()
    {
        Rollout = Rollout,
        Reports = Reports.ToDictionary(
            pair => pair.Key, pair => new StoredReport { Number = pair.Value.Number, Counts = TrafficJson.Write(pair.Value.Counts) }),
        Gone = [.. Gone],
    };

    private CallReadings Folded(DateTimeOffset now)
    {
        if (Reports.Count <= MaxReports)
        {
            return this;
        }

        var silent = Reports.Values.Where(report => report.Reporter.Length > 0
            && !(HeardAt.TryGetValue(report.Reporter, out var at) && now - at < Silence)).ToArray();
        if (silent.Length == 0)
        {
            return this;
        }

        var before = Reports.GetValueOrDefault("");
        var sum = new CallReport(
            "", (before?.Number ?? 0) + 1, new RolloutCounts(Rollout, Sum(before is null ? silent : [before, .. silent])));
        var names = silent.Select(report => report.Reporter).ToArray();
        return this with { Reports = Reports.RemoveRange(names).SetItem("", sum), Gone = Gone.Union(names) };
    }

    private static ImmutableSortedDictionary<int, StepCounts> Sum(IEnumerable<CallReport> reports) => reports
        .SelectMany(report => report.Counts.Steps)
        .GroupBy(step => step.Key, step => step.Value)
        .ToImmutableSortedDictionary(step => step.Key, step => step.Aggregate(static (all, one) => all.Add(one)));
}
