using System.Collections.Concurrent;
using System.Globalization;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Serving.OnnxRuntime;

namespace Krewe.Serving.Execution;

/// <summary>
/// Detects native calls in this process that never return; only the end of the process ends them. A stuck load blocks all further loads;
/// stuck runs make the process unready once they occupy all runner threads.
/// </summary>
internal sealed class StuckWork(RunWatch watch, RunnerThreads runners, TimeProvider time)
{
    private readonly ConcurrentDictionary<Opening, byte> openings = new();

    /// <summary>A load opens a file on this thread until the result is disposed.</summary>
    /// <param name="model">The version.</param>
    /// <param name="limit">How long that may take.</param>
    public IDisposable BeginOpening(ModelId model, TimeSpan limit)
    {
        var opening = new Opening(this, model, limit, time.GetTimestamp());
        openings.TryAdd(opening, 0);
        return opening;
    }

    /// <summary>Ready unless loading or running is stuck.</summary>
    public HostReadiness Check()
    {
        if (openings.Keys.FirstOrDefault(opening => time.GetElapsedTime(opening.Start) > opening.Limit + RunWatch.Margin) is { } stuck)
        {
            return NotReady(
                $"loading is stuck: opening the file of model '{stuck.Model}' has not ended within {stuck.Limit.TotalSeconds:F0} s");
        }

        if (watch.CountStuck(RunKind.Load) > 0)
        {
            return NotReady($"loading is stuck: a warm-up run has not ended although it was terminated");
        }

        var count = watch.CountStuck(RunKind.Foreground);
        return count >= runners.RegularCount
            ? NotReady(
                $"running is stuck: {count} runs, as many as there are runner threads, have not ended although they were terminated")
            : HostReadiness.Ready;
    }

    private static HostReadiness NotReady(FormattableString reason) =>
        HostReadiness.NotReady($"{reason.ToString(CultureInfo.InvariantCulture)}; restart the process");

    private sealed class Opening(StuckWork owner, ModelId model, TimeSpan limit, long start) : IDisposable
    {
        public ModelId Model => model;

        public TimeSpan Limit => limit;

        public long Start => start;

        public void Dispose() => owner.openings.TryRemove(this, out _);
    }
}
