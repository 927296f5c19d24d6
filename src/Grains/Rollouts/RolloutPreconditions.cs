using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Rollouts;

/// <summary>Preconditions of a plan or an alias. Pure functions of the snapshot.</summary>
internal static class RolloutPreconditions
{
    /// <summary>Finds a version; throws if it does not exist or cannot serve.</summary>
    public static CatalogVersion FindServable(ClusterSnapshot snapshot, ModelName model, ModelVersion version)
    {
        var found = VersionChoice.Resolve(snapshot, new ModelReference(model, VersionSelector.Of(version)));
        return found.Quarantine is { } quarantine ? throw VersionChecks.CannotServe(version, quarantine)
            : found.IsUnloaded ? throw VersionChecks.CannotServe(version, "unloaded")
            : found.Entry.Error.Length > 0 ? throw VersionChecks.CannotServe(version, found.Entry.Error)
            : DeviceCheck.FindObstacle(snapshot, found) is { } obstacle ? throw obstacle
            : found;
    }

    /// <summary>The version that a plan moves traffic from; throws if the plan cannot be carried out.</summary>
    public static ModelVersion Check(ClusterSnapshot snapshot, ModelName model, ModelTraffic traffic, RolloutPlan plan)
    {
        VersionChecks.RefuseRetired(traffic, plan.Version);
        var to = FindServable(snapshot, model, plan.Version);
        var from = VersionChecks.ChooseFrom(
            traffic, plan.Version, VersionChoice.FindModel(snapshot, model).Versions.Where(version => version.CanServe).Select(
                version => version.Id.Version));
        var old = new ModelId(model, from);
        if (from == plan.Version)
        {
            // RolloutMachine reports the conflict.
            return from;
        }

        FindServable(snapshot, model, from);
        if (plan.ReplicaByReplica)
        {
            CheckReplacement(plan, RolloutReplicas.Count(snapshot, old));
        }
        else if (
            RolloutCapacityCheck.FindObstacle(snapshot, old, to.Id, RolloutReplicas.Wanted(snapshot, old, to, Share.All)) is { } obstacle)
        {
            throw KreweException.Conflict(obstacle);
        }

        return from;
    }

    private static void CheckReplacement(RolloutPlan plan, int replicas)
    {
        if (plan.Strategy != RolloutStrategy.BlueGreen)
        {
            throw KreweException.Conflict(
                $"a {PlanWords.Describe(plan.Strategy)} rollout needs both versions side by side; replica_by_replica requires a blue/green "
                    + "rollout");
        }

        if (replicas > 1)
        {
            throw KreweException.Conflict(
                $"the old version has {replicas} replicas, and replica_by_replica can replace only one: set 'replicas' in its settings "
                    + "to at most 1 during the rollout, or give the silos memory for both versions");
        }
    }
}
