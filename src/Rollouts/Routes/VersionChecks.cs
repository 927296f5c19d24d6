using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Routes;

/// <summary>What must hold of versions before a change names them, the same in one process and in a cluster.</summary>
public static class VersionChecks
{
    private static readonly TimeSpan RetryWhenUnknown = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The version from which a rollout moves the traffic: what <c>prod</c> names, else the newest other one that can serve. Throws
    /// <see cref="KreweErrorCode.Conflict"/> where there is none.
    /// </summary>
    /// <param name="traffic">What was decided.</param>
    /// <param name="to">The version it moves to.</param>
    /// <param name="servable">The versions that can serve, in any order.</param>
    public static ModelVersion ChooseFrom(ModelTraffic traffic, ModelVersion to, IEnumerable<ModelVersion> servable)
    {
        if (traffic.Aliases.TryGetValue(ModelTraffic.Prod, out var serving))
        {
            return serving;
        }

        ModelVersion[] others = [.. servable.Where(version => version != to && !traffic.Retired.Contains(version)).OrderDescending()];
        return others.Length > 0 ? others[0] : throw KreweException.Conflict(
            $"version {to} is the only one that can serve, so that there is nothing to move from: point the alias '{ModelTraffic.Prod}' to "
                + "it");
    }

    /// <summary>The error of a version that is wanted and cannot serve.</summary>
    public static KreweException CannotServe(ModelVersion version, string reason) =>
        KreweException.Conflict($"version {version} cannot serve: {reason}. Load it first");

    /// <summary>Refuses a version that is being deleted.</summary>
    public static void RefuseRetired(ModelTraffic traffic, ModelVersion version)
    {
        if (traffic.Retired.Contains(version))
        {
            throw KreweException.Conflict($"version {version} is being deleted: choose another one");
        }
    }

    /// <summary>
    /// Refuses what names no number while it is not known what was decided: a guess could lead to a version that was rolled back.
    /// </summary>
    public static void RefuseUnknown(TrafficRoute? route)
    {
        if (route?.Problem is { } problem)
        {
            throw KreweException.Unavailable(problem, RetryWhenUnknown);
        }
    }

    /// <summary>The error of a reference to an alias that is not set.</summary>
    public static KreweException UnknownAlias(ModelReference model, TrafficRoute? route)
    {
        var known = (route?.Aliases.Keys
            ?? []).Append(ModelTraffic.Prod).Append(ModelTraffic.Latest).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);
        return new KreweException(
            KreweErrorCode.VersionNotFound,
            $"{UnknownModel.Error(model).Message}: a version is a number such as 1, and the model's aliases are "
            + string.Join(", ", known.Select(alias => $"'{alias}'")));
    }
}
