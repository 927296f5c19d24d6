using System.Diagnostics;
using System.Net.Sockets;

namespace Krewe.Benchmarks.Load;

/// <summary>Load over gRPC: one thread, connections of up to 16 streams each.</summary>
internal static class GrpcLoad
{
    private const int MostStreams = 16, WaitMicroseconds = 100_000;

    public static Task<LoadResult> RunAsync(
        int port, GrpcRequest request, int callers, TimeSpan duration, CancellationToken cancellationToken) => Task.Factory.StartNew(
            () => Run(port, request, callers, duration, cancellationToken),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static LoadResult Run(int port, GrpcRequest request, int callers, TimeSpan duration, CancellationToken cancellationToken)
    {
        var start = Stopwatch.GetTimestamp();
        var connections = Enumerable.Range(0, (callers + MostStreams - 1) / MostStreams)
            .Select(_ => new GrpcConnection(port, request, Math.Min(MostStreams, callers))).ToDictionary(static connection => connection.Socket);
        try
        {
            var readable = new List<Socket>(connections.Count);
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                cancellationToken.ThrowIfCancellationRequested();
                readable.Clear();
                readable.AddRange(connections.Keys);
                Socket.Select(readable, null, null, WaitMicroseconds);
                foreach (var socket in readable)
                {
                    connections[socket].Receive();
                }
            }

            return new LoadResult(
                connections.Values.Sum(static connection => connection.Answers), Stopwatch.GetElapsedTime(start),
                connections.Values.Sum(static connection => connection.Failures));
        }
        finally
        {
            foreach (var connection in connections.Values)
            {
                connection.Dispose();
            }
        }
    }
}
