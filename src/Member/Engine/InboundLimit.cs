using Krewe.Abstractions.Processes;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Member.Engine;

/// <summary>
/// Limits the connections that others open to Orleans' ports, so that they leave descriptors for everything else, also where the HTTP ports
/// and models hold more than their share (<see cref="DescriptorLimit.IsShort"/>). Orleans has accepted a connection before it is seen
/// here, so many at once may use up the reserve for a moment. Members open four to each other.
/// </summary>
internal static class InboundLimit
{
    private const double DescriptorShare = 0.2;
    private const int LeastConnections = 16;
    private const int MostConnections = 10_000;

    public static void Apply(IConnectionBuilder pipeline)
    {
        var most = DescriptorLimit.Share(DescriptorShare, LeastConnections, MostConnections);
        var open = 0;
        pipeline.Use(next => async connection =>
        {
            try
            {
                if (Interlocked.Increment(ref open) <= most && !DescriptorLimit.IsShort())
                {
                    await next(connection);
                }
                else
                {
                    connection.Abort(new ConnectionAbortedException(
                        $"more than {most} connections are open, or file descriptors are short"));
                }
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
        });
    }
}
