using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Routes;

/// <summary>
/// Chooses the version that answers a call (traffic splitting). A pure function of the route, the caller's selector, and the caller's
/// sticky key or else the call's ticket, its sequence number under this route.
/// </summary>
public static class RouteChoice
{
    /// <summary>True if <see cref="Choose"/> needs a ticket: calls with this selector are split or copied.</summary>
    public static bool IsSplit(TrafficRoute route, VersionSelector selector) =>
        route.Rollout is { } rollout && FollowsProd(selector) && (rollout.Canary > Share.None || rollout.Shadow > Share.None);

    /// <summary>
    /// The target of a call; null for an unknown alias. Throws <see cref="KreweErrorCode.Unavailable"/> if the route is not known.
    /// </summary>
    /// <param name="route">The model's route.</param>
    /// <param name="selector">The version that the caller asks for.</param>
    /// <param name="ticket">The call's number under this rollout and step, from 0; ignored if <see cref="IsSplit"/> is false.</param>
    /// <param name="key">The caller's sticky key, or empty: calls with one key go to one version.</param>
    public static RouteTarget? Choose(TrafficRoute route, VersionSelector selector, long ticket, ReadOnlySpan<char> key)
    {
        if (selector.Number is { } number)
        {
            return new RouteTarget(number, TrafficRole.Named);
        }

        VersionChecks.RefuseUnknown(route);
        if (!FollowsProd(selector))
        {
            return route.Aliases.TryGetValue(selector.Alias!, out var named) ? new RouteTarget(named, TrafficRole.Named)
                : selector.Alias == ModelTraffic.Latest ? new RouteTarget(null, TrafficRole.Named)
                : null;
        }

        return route.Rollout is { } rollout ? Split(rollout, ticket, key)
            : new RouteTarget(route.Aliases.TryGetValue(ModelTraffic.Prod, out var serving) ? serving : null, TrafficRole.Serving);
    }

    /// <summary>True for an exact share of all tickets, evenly spaced: <see cref="Taken"/> of the first n.</summary>
    public static bool Takes(Share share, long ticket)
    {
        // Taken grows with this ticket if the product reaches or passes a multiple of the whole.
        var beyond = ticket % Share.Whole * share.PartsPerMillion % Share.Whole;
        return (beyond == 0 ? 0 : Share.Whole - beyond) < share.PartsPerMillion;
    }

    /// <summary>How many of the first <paramref name="tickets"/> are in a share: their product, rounded up.</summary>
    public static long Taken(Share share, long tickets) =>
        (long)(((UInt128)(ulong)tickets * (uint)share.PartsPerMillion + (Share.Whole - 1)) / Share.Whole);

    private static bool FollowsProd(VersionSelector selector) => selector.IsRouted || selector.Alias == ModelTraffic.Prod;

    private static RouteTarget Split(RolloutRoute rollout, long ticket, ReadOnlySpan<char> key)
    {
        var (isCanary, isShadowed) = key.IsEmpty ? ByTicket(rollout, ticket) : ByKey(rollout, key);
        return isCanary
            ? new RouteTarget(rollout.To, TrafficRole.Canary, rollout, rollout.From)
            : new RouteTarget(rollout.From, TrafficRole.Serving, rollout, IsShadowed: isShadowed);
    }

    // Copies are counted among the old version's calls, so that both shares are exact independently of each other.
    private static (bool IsCanary, bool IsShadowed) ByTicket(RolloutRoute rollout, long ticket) => Takes(rollout.Canary, ticket)
        ? (true, false)
        : (false, Takes(rollout.Shadow, ticket - Taken(rollout.Canary, ticket)));

    private static (bool IsCanary, bool IsShadowed) ByKey(RolloutRoute rollout, ReadOnlySpan<char> key)
    {
        var (place, canary) = (StickyKey.Place(rollout.Id, key), rollout.Canary.PartsPerMillion);
        return place < canary
            ? (true, false)
            : (false, (long)(place - canary) * Share.Whole < (long)rollout.Shadow.PartsPerMillion * (Share.Whole - canary));
    }
}
