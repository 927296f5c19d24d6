using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Rollouts;

/// <summary>What a cluster asks of a plan or an alias before it is recorded. Pure functions of the snapshot.</summary>
internal static class RolloutTerms
{
    /// <summary>The version, which can serve; throws where there is none, or where it cannot.</summary>
    public static CatalogVersion FindServable(ClusterSnapshot view, ModelName model, ModelVersion version)
    {
        var found = VersionChoice.Resolve(view, new ModelReference(model, VersionSelector.Of(version)));
        return found.Quarantine is { } quarantine ? throw VersionChecks.CannotServe(version, quarantine)
            : found.IsUnloaded ? throw VersionChecks.CannotServe(version, "unloaded")
            : found.Entry.Error.Length > 0 ? throw VersionChecks.CannotServe(version, found.Entry.Error)
            : DeviceCheck.FindObstacle(view, found) is { } obstacle ? throw obstacle
            : found;
    }

    /// <summary>The version that a plan moves the traffic from; throws where the plan cannot be carried out.</summary>
    public static ModelVersion Check(ClusterSnapshot view, ModelName model, ModelTraffic traffic, RolloutPlan plan)
    {
        VersionChecks.RefuseRetired(traffic, plan.Version);
        var to = FindServable(view, model, plan.Version);
        var from = VersionChecks.ChooseFrom(
            traffic, plan.Version, VersionChoice.FindModel(view, model).Versions.Where(version => version.CanServe).Select(
                version => version.Id.Version));
        var old = new ModelId(model, from);
        if (from == plan.Version)
        {
            // The machine says why not.
            return from;
        }

        FindServable(view, model, from);
        if (plan.ReplicaByReplica)
        {
            CheckReplacement(plan, RolloutReplicas.Count(view, old));
        }
        else if (RolloutCapacityCheck.FindObstacle(view, old, to.Id, RolloutReplicas.Wanted(view, old, to, Share.All)) is { } obstacle)
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
                $"a {PlanWords.Describe(plan.Strategy)} rollout needs both versions side by side: with replica_by_replica only a "
                    + "blue/green rollout is possible");
        }

        if (replicas > 1)
        {
            throw KreweException.Conflict(
                $"the old version has {replicas} replicas, and replica_by_replica replaces one: set 'replicas' in the model's settings to "
                    + "at most 1 for the time of "
                + "the rollout, or give the silos memory for both versions");
        }
    }
}
