using Krewe.Rollouts;

namespace Krewe.Serving;

/// <summary>What is stored of one model.</summary>
/// <param name="Traffic">What was decided.</param>
/// <param name="Counts">What was counted before the process started; for a rollout that has ended, all of it.</param>
/// <param name="Error">Why it is not known what was decided; null where it is.</param>
internal sealed record StoredTraffic(ModelTraffic Traffic, RolloutCounts Counts, string? Error = null)
{
    /// <summary>Nothing.</summary>
    public static StoredTraffic None { get; } = new(ModelTraffic.None, RolloutCounts.None);

    /// <summary>What was counted in all, with what this process has counted since it started.</summary>
    public RolloutCounts CountsWith(TallyBook tallies)
    {
        if (Traffic.Rollout is not { Id: var id } rollout)
        {
            return RolloutCounts.None;
        }

        var steps = Counts.Rollout == id ? Counts.Steps : RolloutCounts.None.Steps;
        if (!rollout.Phase.IsUnderWay())
        {
            return new RolloutCounts(id, steps);
        }

        foreach (var (step, counted) in tallies.Read(id))
        {
            steps = steps.SetItem(step, steps.TryGetValue(step, out var before) ? before.Add(counted) : counted);
        }

        return new RolloutCounts(id, steps);
    }
}
