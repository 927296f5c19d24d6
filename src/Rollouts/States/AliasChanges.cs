using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.States;

/// <summary>Transitions of aliases and retired versions. Each returns the given state if nothing changes.</summary>
public static class AliasChanges
{
    /// <summary>Points an alias to a version.</summary>
    public static ModelTraffic Set(ModelTraffic traffic, string alias, ModelVersion version, ChangeAuthor author)
    {
        RefuseProdInRollout(traffic, alias);
        if (traffic.Retired.Contains(version))
        {
            throw KreweException.Conflict($"version {version} is being deleted: the alias '{alias}' cannot point to it");
        }

        var had = traffic.Aliases.TryGetValue(alias, out var before);
        if (had && before == version)
        {
            return traffic;
        }

        if (!had && traffic.Aliases.Count >= ModelTraffic.MaxAliases)
        {
            throw KreweException.Conflict($"the model has {ModelTraffic.MaxAliases} aliases, the maximum: remove one first");
        }

        return TrafficHistory.Add(
            traffic with { Aliases = traffic.Aliases.SetItem(alias, version) }, author,
            $"alias '{alias}' {(had ? $"moved from version {before} to version {version}" : $"was set to version {version}")}");
    }

    /// <summary>
    /// Pins the serving version as <c>prod</c>, unless that is set, before a newer version is published: publishing moves no calls.
    /// </summary>
    public static ModelTraffic Pin(ModelTraffic traffic, ModelVersion serving, ModelVersion published, DateTimeOffset now) =>
        traffic.Aliases.ContainsKey(ModelTraffic.Prod) || published < serving
            ? traffic
            : Set(traffic, ModelTraffic.Prod, serving, ChangeAuthor.Itself($"version {published} is published, which moves no calls", now));

    /// <summary>Removes an alias; throws <see cref="KreweErrorCode.VersionNotFound"/> if it is not set.</summary>
    public static ModelTraffic Remove(ModelTraffic traffic, string alias, ChangeAuthor author)
    {
        RefuseProdInRollout(traffic, alias);
        return traffic.Aliases.TryGetValue(alias, out var version)
            ? TrafficHistory.Add(
                traffic with { Aliases = traffic.Aliases.Remove(alias) }, author, $"alias '{alias}' was removed from version {version}")
            : throw new KreweException(KreweErrorCode.VersionNotFound, $"the alias '{alias}' is not set: there is nothing to remove");
    }

    /// <summary>Stops new calls to a version; throws <see cref="KreweErrorCode.Conflict"/> if an alias or rollout names it.</summary>
    public static ModelTraffic Retire(ModelTraffic traffic, ModelVersion version, ChangeAuthor author) =>
        traffic.FindUse(version) is { } use ? throw KreweException.Conflict($"version {version} cannot be deleted: {use}")
        : traffic.Retired.Contains(version) ? traffic
        : TrafficHistory.Add(traffic with { Retired = traffic.Retired.Add(version) }, author, $"version {version} is being deleted");

    /// <summary>A retired version is deleted, or has been published again.</summary>
    public static ModelTraffic Forget(ModelTraffic traffic, ModelVersion version, ChangeAuthor author) => traffic.Retired.Contains(version)
        ? TrafficHistory.Add(traffic with { Retired = traffic.Retired.Remove(version) }, author, $"version {version} was deleted")
        : traffic;

    /// <summary>A retired version is kept: it may get calls again.</summary>
    public static ModelTraffic Restore(ModelTraffic traffic, ModelVersion version, ChangeAuthor author) => traffic.Retired.Contains(version)
        ? TrafficHistory.Add(
            traffic with { Retired = traffic.Retired.Remove(version) }, author, $"version {version} was not deleted and can be used again")
        : traffic;

    private static void RefuseProdInRollout(ModelTraffic traffic, string alias)
    {
        if (alias == ModelTraffic.Prod && traffic.ActiveRollout is { } rollout)
        {
            throw KreweException.Conflict(rollout.Phase == RolloutPhase.KeepingWarm
                ? $"{RolloutWords.Name(rollout)} is {RolloutWords.Describe(rollout.Phase)}: {RolloutWords.EndKeepWarm(rollout)}, before "
                    + $"moving '{ModelTraffic.Prod}'"
                : $"{RolloutWords.Name(rollout)} is under way and moves '{ModelTraffic.Prod}' itself: promote or abort it first");
        }
    }
}
