using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.States;

/// <summary>What can happen to aliases and to versions that go. Each returns what it was given where nothing changes.</summary>
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
            throw KreweException.Conflict($"the model has {ModelTraffic.MaxAliases} aliases, the most there may be: remove one first");
        }

        return TrafficHistory.Add(
            traffic with { Aliases = traffic.Aliases.SetItem(alias, version) }, author,
            $"alias '{alias}' {(had ? $"moved from version {before} to version {version}" : $"was set to version {version}")}");
    }

    /// <summary>
    /// Before a newer version is published: what serves now is pinned as <c>prod</c>, unless that is set already, because publishing moves
    /// no calls.
    /// </summary>
    public static ModelTraffic Pin(ModelTraffic traffic, ModelVersion serving, ModelVersion published, DateTimeOffset now) =>
        traffic.Aliases.ContainsKey(ModelTraffic.Prod) || published < serving
            ? traffic
            : Set(traffic, ModelTraffic.Prod, serving, ChangeAuthor.Itself($"version {published} is published, which moves no calls", now));

    /// <summary>Removes an alias; throws <see cref="KreweErrorCode.VersionNotFound"/> where it is not set.</summary>
    public static ModelTraffic Remove(ModelTraffic traffic, string alias, ChangeAuthor author)
    {
        RefuseProdInRollout(traffic, alias);
        return traffic.Aliases.TryGetValue(alias, out var version)
            ? TrafficHistory.Add(
                traffic with { Aliases = traffic.Aliases.Remove(alias) }, author, $"alias '{alias}' was removed from version {version}")
            : throw new KreweException(KreweErrorCode.VersionNotFound, $"the alias '{alias}' is not set: there is nothing to remove");
    }

    /// <summary>Nobody is sent to a version any more; throws <see cref="KreweErrorCode.Conflict"/> where something names it.</summary>
    public static ModelTraffic Retire(ModelTraffic traffic, ModelVersion version, ChangeAuthor author) =>
        traffic.FindUse(version) is { } use ? throw KreweException.Conflict($"version {version} cannot be deleted: {use}")
        : traffic.Retired.Contains(version) ? traffic
        : TrafficHistory.Add(traffic with { Retired = traffic.Retired.Add(version) }, author, $"version {version} is being deleted");

    /// <summary>A retired version is gone, or is there again as a new one.</summary>
    public static ModelTraffic Forget(ModelTraffic traffic, ModelVersion version, ChangeAuthor author) => traffic.Retired.Contains(version)
        ? TrafficHistory.Add(traffic with { Retired = traffic.Retired.Remove(version) }, author, $"version {version} was deleted")
        : traffic;

    /// <summary>A retired version is not deleted after all: calls may go there again.</summary>
    public static ModelTraffic Restore(ModelTraffic traffic, ModelVersion version, ChangeAuthor author) => traffic.Retired.Contains(version)
        ? TrafficHistory.Add(
            traffic with { Retired = traffic.Retired.Remove(version) }, author, $"version {version} was not deleted and can be used again")
        : traffic;

    private static void RefuseProdInRollout(ModelTraffic traffic, string alias)
    {
        if (alias == ModelTraffic.Prod && traffic.ActiveRollout is { } rollout)
        {
            throw KreweException.Conflict(rollout.Phase == RolloutPhase.KeepingWarm
                ? $"{RolloutWords.Name(rollout)} is {RolloutWords.Describe(rollout.Phase)}: {RolloutWords.EndKeepWarm(rollout)} before "
                    + $"'{ModelTraffic.Prod}' is moved"
                : $"{RolloutWords.Name(rollout)} is under way and moves '{ModelTraffic.Prod}' itself: promote or abort it first");
        }
    }
}
