using System.Diagnostics;
using Krewe.Benchmarks.Load;
using Krewe.Benchmarks.Servers;

namespace Krewe.Benchmarks.Latency;

/// <summary>Callers who write down how long every call took, until they are told to stop.</summary>
internal sealed class TimedCallers : IAsyncDisposable
{
    private readonly List<Sample>[] samples;
    private readonly Task running;
    private volatile bool stopping;
    private long failures;

    private TimedCallers(int port, HttpRequestBytes request, int callers, double? perSecond)
    {
        samples = [.. Enumerable.Range(0, callers).Select(static _ => new List<Sample>(1 << 18))];
        var start = Stopwatch.GetTimestamp();
        running = Callers.RunAsync(callers, number =>
        {
            using var connection = new HttpConnection(port);
            if (perSecond is { } rate)
            {
                var interval = (long)(Stopwatch.Frequency * callers / rate);
                CallAtTimes(connection, request, samples[number], start + (interval * number / callers), interval);
            }
            else
            {
                CallAgainAndAgain(connection, request, samples[number]);
            }
        });
    }

    /// <summary>Calls that were not answered with 200.</summary>
    public long Failures => Interlocked.Read(ref failures);

    /// <summary>Each calls again as soon as it has its answer.</summary>
    public static TimedCallers Closed(int port, HttpRequestBytes request, int callers) => new(port, request, callers, null);

    /// <summary>Calls come at a fixed rate, whether earlier ones were answered or not, as far as so many callers can.</summary>
    public static TimedCallers Open(int port, HttpRequestBytes request, int callers, double perSecond) => new(port, request, callers, perSecond);

    /// <summary>Stops, and gives all calls in the order of no particular caller.</summary>
    public async Task<Sample[]> StopAsync()
    {
        stopping = true;
        await running;
        return [.. samples.SelectMany(static list => list)];
    }

    public async ValueTask DisposeAsync() => await StopAsync();

    private void CallAgainAndAgain(HttpConnection connection, HttpRequestBytes request, List<Sample> log)
    {
        while (!stopping)
        {
            Call(connection, request, log, Stopwatch.GetTimestamp());
        }
    }

    private void CallAtTimes(HttpConnection connection, HttpRequestBytes request, List<Sample> log, long due, long interval)
    {
        for (; !stopping; due += interval)
        {
            // Where the last call kept the caller beyond this time, waiting counts. How late the system wakes a sleeping caller does not.
            var isLate = Stopwatch.GetTimestamp() > due;
            Native.WaitUntil(due);
            Call(connection, request, log, isLate ? due : Stopwatch.GetTimestamp());
        }
    }

    private void Call(HttpConnection connection, HttpRequestBytes request, List<Sample> log, long start)
    {
        if (connection.Call(request.Bytes.Span) != 200)
        {
            Interlocked.Increment(ref failures);
        }

        log.Add(new Sample(start, Stopwatch.GetTimestamp()));
    }
}
