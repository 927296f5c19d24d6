using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Serving;

/// <summary>Whether memory can hold both versions of a rollout.</summary>
internal static class RolloutRoom
{
    /// <summary>Throws <see cref="KreweErrorCode.Conflict"/> with the bytes where both do not fit beside what other rollouts hold.</summary>
    /// <param name="from">The old version.</param>
    /// <param name="to">The new version.</param>
    /// <param name="all">All versions of the process.</param>
    /// <param name="budgetBytes">What sessions may hold together.</param>
    public static void Verify(ServedVersion from, ServedVersion to, IEnumerable<ServedVersion> all, long budgetBytes)
    {
        var (old, loading) = (BytesOf(from), Math.Max(LoadMeter.EstimateLoading(to.Artifact.Stamp.FileBytes), to.MeasuredBytes));
        var needed = to.IsServing ? BytesOf(to) : loading;
        var others = all.Where(version => version.IsHeld && version.Id != from.Id && version.Id != to.Id).Sum(BytesOf);
        if (old + needed + others > budgetBytes)
        {
            throw KreweException.Conflict(
                $"memory cannot hold both versions: version {from.Id.Version} takes {old} bytes, version {to.Id.Version} {needed} while it is loaded, "
                + $"other rollouts hold {others}, and the budget is {budgetBytes}. A blue/green rollout with replica_by_replica lets version "
                + $"{to.Id.Version} take the other one's place; callers then wait while it is loaded");
        }
    }

    /// <summary>Throws <see cref="KreweErrorCode.Conflict"/> where a plan wants steps of a process that has one replica to give.</summary>
    public static void VerifyInPlace(RolloutPlan plan)
    {
        if (plan.Strategy != RolloutStrategy.BlueGreen)
        {
            throw KreweException.Conflict(
                $"one process has one replica of a version, and a {RolloutWords.Describe(plan.Strategy)} rollout needs both versions side by side: "
                + "with replica_by_replica only a blue/green rollout is possible here");
        }
    }

    private static long BytesOf(ServedVersion version) => version.Loaded?.MemoryBytes
        ?? (version.MeasuredBytes is > 0 and var measured ? measured : LoadMeter.EstimateLoaded(version.Artifact.Stamp.FileBytes));
}
