using Krewe.Abstractions.Processes;
using Microsoft.AspNetCore.Connections;

namespace Krewe.Member.Engine;

/// <summary>
/// Limits the connections that others open to Orleans' ports, so that they leave descriptors for everything else: without one, Orleans'
/// listener tries again without a pause. Members open four to each other.
/// </summary>
internal static class InboundLimit
{
    private const double DescriptorShare = 0.25;
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
                if (Interlocked.Increment(ref open) <= most)
                {
                    await next(connection);
                }
                else
                {
                    connection.Abort(new ConnectionAbortedException($"more than {most} connections are open"));
                }
            }
            finally
            {
                Interlocked.Decrement(ref open);
            }
        });
    }
}
