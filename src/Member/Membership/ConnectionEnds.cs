using System.Diagnostics;
using Krewe.Client.Connection;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Member.Membership;

/// <summary>
/// Reacts to closed connections between members: <see cref="DeathWatch"/> probes the other side, and calls under way are checked.
/// </summary>
internal static class ConnectionEnds
{
    /// <summary>The longest connection of an <see cref="EndpointProbe"/>.</summary>
    private static readonly TimeSpan LongestProbe = TimeSpan.FromSeconds(1);

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
                    ConnectionObserver.CheckCalls(services);
                }

                // A probe is itself a connection that closes at once; reacting to it would make two members probe each other forever.
                if (opened || Stopwatch.GetElapsedTime(start) > LongestProbe)
                {
                    services.GetRequiredService<DeathWatch>().OnConnectionEnded(remote, opened);
                }
            }
        });
    }
}
