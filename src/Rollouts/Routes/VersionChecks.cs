using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Routes;

/// <summary>Validates versions before a change names them.</summary>
public static class VersionChecks
{
    private static readonly TimeSpan RetryWhenUnknown = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The version from which a rollout moves traffic: the target of <c>prod</c>, else the newest other version that can serve. Throws
    /// <see cref="KreweErrorCode.Conflict"/> if there is none.
    /// </summary>
    /// <param name="traffic">The model's decisions.</param>
    /// <param name="to">The version that traffic moves to.</param>
    /// <param name="servable">The versions that can serve, in any order.</param>
    public static ModelVersion ChooseFrom(ModelTraffic traffic, ModelVersion to, IEnumerable<ModelVersion> servable)
    {
        if (traffic.Aliases.TryGetValue(ModelTraffic.Prod, out var serving))
        {
            return serving;
        }

        ModelVersion[] others = [.. servable.Where(version => version != to && !traffic.Retired.Contains(version)).OrderDescending()];
        return others.Length > 0 ? others[0] : throw KreweException.Conflict(
            $"version {to} is the only one that can serve, so there is nothing to move from: point the alias '{ModelTraffic.Prod}' to "
                + "it");
    }

    /// <summary>The error for a version that cannot serve.</summary>
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
    /// Refuses calls without a version number while the model's decisions cannot be read: a guess could reach a version that was rolled
    /// back.
    /// </summary>
    public static void RefuseUnknown(TrafficRoute? route)
    {
        if (route?.Problem is { } problem)
        {
            throw KreweException.Unavailable(problem, RetryWhenUnknown);
        }
    }

    /// <summary>The error for an alias that is not set.</summary>
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
