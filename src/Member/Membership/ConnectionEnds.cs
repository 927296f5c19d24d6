using System.Diagnostics;
using Krewe.Client.Connection;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Member.Membership;

/// <summary>
/// Tells of connections between members that end: <see cref="DeathWatch"/> looks at the other side, and calls under way are asked after.
/// </summary>
internal static class ConnectionEnds
{
    /// <summary>What a connection of <see cref="EndpointProbe"/> lasts at most.</summary>
    private static readonly TimeSpan LookedAtOnly = TimeSpan.FromSeconds(1);

    /// <param name="pipeline">The connections.</param>
    /// <param name="opened">Whether this process has opened them.</param>
    public static void Watch(IConnectionBuilder pipeline, bool opened)
    {
        var services = pipeline.ApplicationServices;
        pipeline.Use(next => async connection =>
        {
            var remote = connection.RemoteEndPoint;
            var start = Stopwatch.GetTimestamp();
            try
            {
                await next(connection);
            }
            finally
            {
                if (opened)
                {
                    ConnectionObserver.AskAfterCalls(services);
                }

                // Looking at a member is itself a connection that ends at once; were that a reason to look back, two would never stop.
                if (opened || Stopwatch.GetElapsedTime(start) > LookedAtOnly)
                {
                    services.GetRequiredService<DeathWatch>().OnConnectionEnded(remote, opened);
                }
            }
        });
    }
}
