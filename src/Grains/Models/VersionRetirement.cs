using Krewe.Abstractions.Errors;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Models;

/// <summary>
/// Takes a version away from callers: first nobody is sent there any more, then, when all who route calls know that, silos take no calls
/// for it and answer those they have. Each step is durable, so that asking again goes on where it was left.
/// </summary>
internal sealed class VersionRetirement(
    IModelTurns turns, IRouteBookGrain book, RoutePush push, Func<Task<IEnumerable<SiloAddress>>> findHosts)
{
    /// <summary>A little less than the engine waits for an answer.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(25);
    private static readonly TimeSpan RetryAfter = TimeSpan.FromSeconds(2);

    /// <summary>Done when nobody uses the version.</summary>
    public async Task RetireAsync(long version, ChangeAuthor author)
    {
        var route = await turns.RetireAsync(version, author);
        if (!route.Closed.Contains(version))
        {
            await WaitUntilReadAsync($"version {version} is retired, and calls may still be sent there by");
            route = await turns.CloseAsync(version);
        }

        if (await FindUnconfirmedAsync(route) is { Length: > 0 } silent)
        {
            throw KreweException.Unavailable(
                $"version {version} takes no new calls, and {string.Join(", ", silent.AsEnumerable())} has not confirmed yet that its last "
                    + "one is answered: try again",
                RetryAfter);
        }
    }

    /// <summary>Waits until all who route calls go by what is published; the error says what is not so otherwise.</summary>
    public async Task WaitUntilReadAsync(string otherwise)
    {
        if (await book.WaitUntilReadAsync(Patience) is { Count: > 0 } behind)
        {
            throw KreweException.Unavailable($"{otherwise} {string.Join(", ", behind)}, which does not know yet: try again", RetryAfter);
        }
    }

    /// <summary>Members that may still answer calls for what a route takes out. One that died meanwhile answers none.</summary>
    private async Task<SiloAddress[]> FindUnconfirmedAsync(ModelRoute route)
    {
        var silent = await push.SendAsync(route, await findHosts(), Patience);
        return silent.Count == 0 ? [] : [.. silent.Intersect(await findHosts())];
    }
}
