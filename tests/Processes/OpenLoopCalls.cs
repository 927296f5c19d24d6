using System.Collections.Concurrent;
using System.Diagnostics;

namespace Krewe.Processes;

/// <summary>
/// Calls that come at a fixed rate, whether earlier ones have been answered or not. How long one took counts from the moment at which it
/// was due, so that a stall shows in all calls that it delays.
/// </summary>
public sealed class OpenLoopCalls
{
    private readonly ConcurrentBag<HttpCaller> idle = [];
    private readonly ConcurrentQueue<string> failures = new();
    private readonly Func<HttpCaller> makeCaller;
    private readonly Task running;
    private ConcurrentBag<double> latencies = [];
    private volatile bool isStopping;

    private OpenLoopCalls(Func<HttpCaller> makeCaller, double perSecond)
    {
        this.makeCaller = makeCaller;
        running = Task.Run(() => RunAsync(perSecond));
    }

    /// <summary>What went wrong.</summary>
    public IReadOnlyCollection<string> Failures => failures;

    /// <summary>Starts calling.</summary>
    public static OpenLoopCalls Start(Uri address, string path, ReadOnlyMemory<byte> body, double perSecond, string expected = "") =>
        new(() => new HttpCaller(address, path, body.Span, expected: expected), perSecond);

    /// <summary>The latencies since the last time, in milliseconds and in order.</summary>
    public double[] TakeLatencies() => [.. Interlocked.Exchange(ref latencies, []).Order()];

    /// <summary>Lets the calls under way end and calls no more.</summary>
    public async Task StopAsync()
    {
        isStopping = true;
        await running;
        foreach (var caller in idle)
        {
            caller.Dispose();
        }
    }

    private async Task RunAsync(double perSecond)
    {
        var calls = new List<Task>();
        var start = Stopwatch.GetTimestamp();
        for (long number = 0; !isStopping; number++)
        {
            var due = start + (long)(number * Stopwatch.Frequency / perSecond);
            var early = Stopwatch.GetElapsedTime(Stopwatch.GetTimestamp(), due);
            if (early > TimeSpan.Zero)
            {
                await Task.Delay(early);
            }

            calls.Add(CallAsync(due));
        }

        await Task.WhenAll(calls);
    }

    private async Task CallAsync(long due)
    {
        var caller = idle.TryTake(out var known) ? known : makeCaller();
        if (await caller.CallAsync(CancellationToken.None) is { } failure)
        {
            failures.Enqueue(failure);
        }

        idle.Add(caller);
        latencies.Add(Stopwatch.GetElapsedTime(due).TotalMilliseconds);
    }
}
