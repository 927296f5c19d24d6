using System.Collections.Concurrent;
using System.Diagnostics;

namespace Krewe.Processes;

/// <summary>Callers side by side, each calling again as soon as it has an answer, until told to stop; and what they saw.</summary>
public sealed class SteadyLoad
{
    private readonly ConcurrentQueue<string> failures = new();
    private readonly long started = Stopwatch.GetTimestamp();
    private readonly List<Task> callers = [];
    private volatile bool isStopping;
    private long answers;
    private long longestTicks;

    private SteadyLoad()
    {
    }

    /// <summary>Calls answered well so far.</summary>
    public long Answers => Interlocked.Read(ref answers);

    /// <summary>What went wrong, with the moment in seconds since the start.</summary>
    public IReadOnlyCollection<string> Failures => failures;

    /// <summary>The longest that one call has taken.</summary>
    public TimeSpan LongestCall => TimeSpan.FromTicks(Interlocked.Read(ref longestTicks));

    /// <summary>Starts callers over HTTP.</summary>
    public static SteadyLoad Start(Uri address, string path, ReadOnlyMemory<byte> body, int callers)
    {
        return Start(callers, _ =>
        {
            var caller = new HttpCaller(address, path, body.Span);
            return caller.CallAsync;
        });
    }

    /// <summary>Starts callers of any kind: each call gives null, or what went wrong.</summary>
    public static SteadyLoad Start(int callers, Func<int, Func<CancellationToken, Task<string?>>> makeCaller)
    {
        var load = new SteadyLoad();
        for (var i = 0; i < callers; i++)
        {
            var call = makeCaller(i);
            load.callers.Add(Task.Run(() => load.RunAsync(call)));
        }

        return load;
    }

    /// <summary>Waits until so many calls more have been answered; for a warm start.</summary>
    public async Task WaitForAnswersAsync(long count)
    {
        var wanted = Answers + count;
        var timeout = Stopwatch.StartNew();
        while (Answers < wanted)
        {
            if (timeout.Elapsed > ProgramProcess.Timeout)
            {
                throw new TimeoutException($"only {Answers} of {wanted} calls were answered:\n{string.Join('\n', failures.Take(10))}");
            }

            await Task.Delay(10);
        }
    }

    /// <summary>Lets the calls under way end and calls no more.</summary>
    public Task StopAsync()
    {
        isStopping = true;
        return Task.WhenAll(callers);
    }

    /// <inheritdoc/>
    public override string ToString() =>
        $"{Answers} answers, {failures.Count} failed, longest call {LongestCall.TotalMilliseconds:0} ms";

    private async Task RunAsync(Func<CancellationToken, Task<string?>> call)
    {
        while (!isStopping)
        {
            var begin = Stopwatch.GetTimestamp();
            var failure = await call(CancellationToken.None);
            var took = Stopwatch.GetElapsedTime(begin).Ticks;
            for (var seen = Interlocked.Read(ref longestTicks); took > seen;)
            {
                var before = Interlocked.CompareExchange(ref longestTicks, took, seen);
                if (before == seen)
                {
                    break;
                }

                seen = before;
            }

            if (failure is null)
            {
                Interlocked.Increment(ref answers);
            }
            else
            {
                failures.Enqueue($"{Stopwatch.GetElapsedTime(started).TotalSeconds:0.000} s: {failure}");
                await Task.Delay(20);
            }
        }
    }
}
