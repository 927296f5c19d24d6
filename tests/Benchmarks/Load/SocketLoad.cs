using System.Diagnostics;
using System.Net.Sockets;

namespace Krewe.Benchmarks.Load;

/// <summary>The built-in load: one thread over all connections, answering those that have something to read.</summary>
internal sealed class SocketLoad : ILoadGenerator
{
    private const int WaitMicroseconds = 100_000;

    public string Description => "built-in sockets, one thread";

    public Task<LoadResult> RunAsync(
        int port, HttpRequestBytes request, int callers, TimeSpan duration, CancellationToken cancellationToken) => Task.Factory.StartNew(
            () => Run(port, request.Bytes.Span, callers, duration, cancellationToken),
            cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    private static LoadResult Run(
        int port, ReadOnlySpan<byte> request, int callers, TimeSpan duration, CancellationToken cancellationToken)
    {
        var connections = Enumerable.Range(0, callers).Select(_ => new HttpConnection(port)).ToDictionary(static connection => connection.Socket);
        try
        {
            var start = Stopwatch.GetTimestamp();
            foreach (var connection in connections.Values)
            {
                connection.Send(request);
            }

            long requests = 0, failures = 0;
            var readable = new List<Socket>(callers);
            while (Stopwatch.GetElapsedTime(start) < duration)
            {
                cancellationToken.ThrowIfCancellationRequested();
                readable.Clear();
                readable.AddRange(connections.Keys);
                Socket.Select(readable, null, null, WaitMicroseconds);
                foreach (var socket in readable)
                {
                    requests++;
                    failures += connections[socket].Receive() / 100 == 2 ? 0 : 1;
                    connections[socket].Send(request);
                }
            }

            return new LoadResult(requests, Stopwatch.GetElapsedTime(start), failures);
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
