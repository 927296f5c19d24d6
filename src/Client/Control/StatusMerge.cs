using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;

namespace Krewe.Client.Control;

/// <summary>Merges the silos' lists of versions.</summary>
internal static class StatusMerge
{
    /// <summary>
    /// The versions, ordered by name and number. Each has its most advanced state on any silo; decisions of operators and quarantine
    /// override it.
    /// </summary>
    public static IReadOnlyList<ModelVersionStatus> Merge(IEnumerable<IReadOnlyList<ModelVersionStatus>> lists, ClusterSnapshot snapshot)
    {
        var best = new Dictionary<(ModelName Name, ModelVersion? Version), ModelVersionStatus>();
        foreach (var status in lists.SelectMany(list => list))
        {
            var key = (status.Name, status.Version);
            if (!best.TryGetValue(key, out var known) || RankOf(status.State) < RankOf(known.State))
            {
                best[key] = status;
            }
        }

        var named = best.Values.Where(status => status.Version is not null).Select(status => status.Name).ToHashSet();
        return
        [
            .. best.Values.Where(status => status.Version is not null || !named.Contains(status.Name))
                .OrderBy(status => status.Name)
                .ThenBy(status => status.Version)
                .Select(status => Decided(status, snapshot)),
        ];
    }

    private static ModelVersionStatus Decided(ModelVersionStatus status, ClusterSnapshot snapshot)
    {
        var version = status.Version is { } number && snapshot.Models.TryGetValue(status.Name, out var model)
            ? VersionChoice.Find(model, number)
            : null;
        return version switch
        {
            { Quarantine: { } reason } => status with { State = VersionState.Failed, Reason = reason },
            { IsUnloaded: true } when status.State != VersionState.Draining =>
                status with { State = VersionState.Unloaded, Reason = "unloaded" },
            _ => status,
        };
    }

    private static int RankOf(VersionState state) => state switch
    {
        VersionState.Ready => 0,
        VersionState.Loading => 1,
        VersionState.Draining => 2,
        VersionState.Absent => 3,
        VersionState.Failed => 4,
        VersionState.Unloaded => 5,
        _ => throw new ArgumentOutOfRangeException(nameof(state), state, null),
    };
}
