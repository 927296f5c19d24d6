using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Routes;

/// <summary>
/// Which version answers a call. A pure function of the route, what the caller asked for, and where the call lies: the caller's key, or
/// else its number in the row of calls under this route.
/// </summary>
public static class RouteChoice
{
    /// <summary>True where <see cref="Choose"/> needs a ticket: the calls of this reference are split or copied.</summary>
    public static bool IsSplit(TrafficRoute route, VersionSelector selector) =>
        route.Rollout is { } rollout && FollowsProd(selector) && (rollout.Canary > Share.None || rollout.Shadow > Share.None);

    /// <summary>
    /// Where a call goes; null where there is no such alias. Throws <see cref="KreweErrorCode.Unavailable"/> where a guess would be needed.
    /// </summary>
    /// <param name="route">The model's route.</param>
    /// <param name="selector">What the caller asked for.</param>
    /// <param name="ticket">The call's number under this rollout and step, from 0; of no account where <see cref="IsSplit"/> is
    /// false.</param>
    /// <param name="key">The caller's key, empty where he gave none: calls of one key go to one version.</param>
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

    /// <summary>True for a share of all tickets, exactly: <see cref="Taken"/> of the first n. They lie as far apart as they can.</summary>
    public static bool Takes(Share share, long ticket)
    {
        // Taken grows with this ticket where the product is at a whole, or comes past one.
        var beyond = ticket % Share.Whole * share.PartsPerMillion % Share.Whole;
        return (beyond == 0 ? 0 : Share.Whole - beyond) < share.PartsPerMillion;
    }

    /// <summary>How many of the first <paramref name="tickets"/> a share takes: their product, rounded up.</summary>
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

    // Copies are counted among the calls that are left to the old version, so that both shares are exact whatever the other one is.
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
