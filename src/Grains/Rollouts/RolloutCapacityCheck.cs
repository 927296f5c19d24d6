using Krewe.Abstractions.Errors;
using System.Globalization;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Silos;

namespace Krewe.Grains.Rollouts;

/// <summary>
/// Whether silos can hold both versions of a rollout, beside what else may not leave memory. A pure function of the snapshot.
/// </summary>
internal static class RolloutCapacityCheck
{
    /// <summary>Why they cannot, with the bytes; null where they can.</summary>
    /// <param name="view">The cluster.</param>
    /// <param name="from">The old version.</param>
    /// <param name="to">The new version.</param>
    /// <param name="silos">Silos that the new version needs.</param>
    public static string? FindObstacle(ClusterSnapshot view, ModelId from, ModelId to, int silos)
    {
        var rooms = Measure(view, to, from);
        if (rooms.Length == 0)
        {
            return $"no silo can serve version {to.Version} at present";
        }

        // An old version that is in no memory yet needs a place of its own.
        var isHeld = view.Nodes.Any(node => node.Sessions.Contains(from) || node.ReplicatedModels.Contains(from));
        var fits = isHeld
            ? rooms.Count(room => room.Free >= room.Needed) >= Math.Min(silos, rooms.Length)
            : rooms.Any(room => Measure(view, from, to).Any(other => room.FitsWith(other)));
        return fits ? null : Describe(rooms, from, to, silos);
    }

    private static Room[] Measure(ClusterSnapshot view, ModelId version, ModelId other)
    {
        var held = HeldVersions(view).Append(other).Where(held => held != version).ToHashSet();
        return [.. OtherNodes.Candidates(view, version, SiloAddress.Zero).Select(node => new Room(
            node.Report.Name, node.Report.BudgetBytes,
            held.Where(one => node.Sessions.Contains(one) || node.ReplicatedModels.Contains(one)).Sum(
                one => node.Catalog.GetValueOrDefault(one)?.EstimatedBytes ?? 0),
            node.Catalog[version].EstimatedBytes))];
    }

    private static IEnumerable<ModelId> HeldVersions(ClusterSnapshot view) => view.Routes.Routes.Values.SelectMany(
        route => route.Held.Select(version => new ModelId(ModelName.Parse(route.Model), new ModelVersion(version))));

    private static string Describe(Room[] rooms, ModelId from, ModelId to, int silos)
    {
        var texts = rooms.OrderBy(room => room.Silo, StringComparer.Ordinal).Take(4).Select(room =>
            $"{room.Silo} may use {ErrorText.Bytes(room.Budget)}, and {ErrorText.Bytes(room.Held)} of them cannot be given up");
        return string.Create(
            CultureInfo.InvariantCulture,
            $"there is no room for version {to.Version}, {ErrorText.Bytes(rooms.Max(room => room.Needed))}, beside version {from.Version} "
                + $"on {(silos == 1 ? "any silo" : $"{silos} silos")}: ")
            + $"{string.Join("; ", texts)}. A blue/green rollout with replica_by_replica lets version {to.Version} take the other one's "
            + "place; callers then wait while it is loaded";
    }

    private readonly record struct Room(string Silo, long Budget, long Held, long Needed)
    {
        public long Free => Budget - Held;

        public bool FitsWith(Room other) => Silo == other.Silo
            ? Free >= Needed + other.Needed
            : Free >= Needed && other.Free >= other.Needed;
    }
}
