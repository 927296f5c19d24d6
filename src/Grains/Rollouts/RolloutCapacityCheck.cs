using Krewe.Abstractions.Errors;
using System.Globalization;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Silos;

namespace Krewe.Grains.Rollouts;

/// <summary>
/// Checks whether silos have memory for both versions of a rollout beside what may not be evicted. A pure function of the snapshot.
/// </summary>
internal static class RolloutCapacityCheck
{
    /// <summary>Why they have not, with the bytes; null if they have.</summary>
    /// <param name="snapshot">The cluster.</param>
    /// <param name="from">The old version.</param>
    /// <param name="to">The new version.</param>
    /// <param name="silos">How many silos the new version needs.</param>
    public static string? FindObstacle(ClusterSnapshot snapshot, ModelId from, ModelId to, int silos)
    {
        var capacities = Measure(snapshot, to, from);
        if (capacities.Length == 0)
        {
            return $"no silo can serve version {to.Version} at present";
        }

        // An old version that is not in memory needs memory too.
        var isHeld = snapshot.Nodes.Any(node => node.Sessions.Contains(from) || node.ReplicatedModels.Contains(from));
        var fits = isHeld
            ? capacities.Count(capacity => capacity.Free >= capacity.Needed) >= Math.Min(silos, capacities.Length)
            : capacities.Any(capacity => Measure(snapshot, from, to).Any(other => capacity.FitsWith(other)));
        return fits ? null : Describe(capacities, from, to, silos);
    }

    private static Capacity[] Measure(ClusterSnapshot snapshot, ModelId version, ModelId other)
    {
        var held = HeldVersions(snapshot).Append(other).Where(held => held != version).ToHashSet();
        return [.. OtherNodes.Candidates(snapshot, version, SiloAddress.Zero).Select(node => new Capacity(
            node.Report.Name, node.Report.BudgetBytes,
            held.Where(one => node.Sessions.Contains(one) || node.ReplicatedModels.Contains(one)).Sum(
                one => node.Catalog.GetValueOrDefault(one)?.EstimatedBytes ?? 0),
            node.Catalog[version].EstimatedBytes))];
    }

    private static IEnumerable<ModelId> HeldVersions(ClusterSnapshot snapshot) => snapshot.Routes.Routes.Values.SelectMany(
        route => route.Held.Select(version => new ModelId(ModelName.Parse(route.Model), new ModelVersion(version))));

    private static string Describe(Capacity[] capacities, ModelId from, ModelId to, int silos)
    {
        var texts = capacities.OrderBy(capacity => capacity.Silo, StringComparer.Ordinal).Take(4).Select(capacity =>
            $"{capacity.Silo} may use {ErrorText.Bytes(capacity.Budget)}, of which {ErrorText.Bytes(capacity.Held)} cannot be evicted");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"there is not enough memory for version {to.Version}, {ErrorText.Bytes(capacities.Max(capacity => capacity.Needed))}, beside "
                + $"version {from.Version} on {(silos == 1 ? "any silo" : $"{silos} silos")}: ")
            + $"{string.Join("; ", texts)}. A blue/green rollout with replica_by_replica replaces the old version by version {to.Version}; "
            + "callers then wait while it is loaded";
    }

    private readonly record struct Capacity(string Silo, long Budget, long Held, long Needed)
    {
        public long Free => Budget - Held;

        public bool FitsWith(Capacity other) => Silo == other.Silo
            ? Free >= Needed + other.Needed
            : Free >= Needed && other.Free >= other.Needed;
    }
}
