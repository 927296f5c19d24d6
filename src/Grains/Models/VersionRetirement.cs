using Krewe.Abstractions.Errors;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Models;

/// <summary>
/// Retires a version: routers stop sending calls to it, and once all have applied that, silos refuse new calls and drain. Each step is
/// stored, so a retry resumes.
/// </summary>
internal sealed class VersionRetirement(
    IModelTurns turns, IRoutingTableGrain table, RoutePush push, Func<Task<IEnumerable<SiloAddress>>> findHosts)
{
    /// <summary>A little less than Orleans' response timeout.</summary>
    private static readonly TimeSpan ConfirmationTimeout = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>Completes when the version has no callers left.</summary>
    public async Task RetireAsync(long version, ChangeAuthor author)
    {
        var route = await turns.RetireAsync(version, author);
        if (!route.Closed.Contains(version))
        {
            await WaitUntilReadAsync($"version {version} is retired, but calls may still be routed to it by");
            route = await turns.CloseAsync(version);
        }

        if (await FindUnconfirmedAsync(route) is { Length: > 0 } unconfirmed)
        {
            throw KreweException.Unavailable(
                $"version {version} takes no new calls, but {string.Join(", ", unconfirmed.AsEnumerable())} has not confirmed that its "
                    + "last call is answered: try again",
                RetryAfter);
        }
    }

    /// <summary>Waits until every router has applied the published routes; the error starts with what may happen otherwise.</summary>
    public async Task WaitUntilReadAsync(string otherwise)
    {
        if (await table.WaitUntilReadAsync(ConfirmationTimeout) is { Count: > 0 } behind)
        {
            throw KreweException.Unavailable(
                $"{otherwise} {string.Join(", ", behind)}, which has not applied the new route yet: try again", RetryAfter);
        }
    }

    /// <summary>Live members that may still be answering calls for an excluded version.</summary>
    private async Task<SiloAddress[]> FindUnconfirmedAsync(ModelRoute route)
    {
        var unconfirmed = await push.SendAsync(route, await findHosts(), ConfirmationTimeout);
        return unconfirmed.Count == 0 ? [] : [.. unconfirmed.Intersect(await findHosts())];
    }
}
