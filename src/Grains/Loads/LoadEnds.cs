using System.Collections.Concurrent;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Versions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Loads;

/// <summary>
/// Reports ended loads to their version grains, with retries and exponential backoff while this process lives. Only the next load of the
/// same version waits for it: a late report would close that load's record. Thread-safe.
/// </summary>
public sealed partial class LoadEnds(IGrainFactory grains, TimeProvider time, ILogger<LoadEnds> logger) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<ModelId, Task> pending = new();
    private volatile bool isDisposed;

    /// <summary>Reports that a load ended, or may never have been recorded.</summary>
    public void Report(ModelId model, LoadIntent intent)
    {
        var reported = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = Task.CompletedTask;
        pending.AddOrUpdate(model, reported.Task, (_, last) =>
        {
            before = last;
            return reported.Task;
        });
        _ = ReportAsync(model, intent, before, reported);
    }

    /// <summary>Completes when everything reported so far for a version has arrived.</summary>
    public Task WhenReportedAsync(ModelId model) => pending.GetValueOrDefault(model) ?? Task.CompletedTask;

    /// <summary>Completes when everything reported so far has arrived.</summary>
    public Task WhenAllReportedAsync() => Task.WhenAll(pending.Values);

    /// <summary>Stops retrying; the process is exiting.</summary>
    public void Dispose() => isDisposed = true;

    private async Task ReportAsync(ModelId model, LoadIntent intent, Task before, TaskCompletionSource reported)
    {
        await before;
        for (var pause = FirstPause; ; pause = TimeSpan.FromTicks(Math.Min(LongestPause.Ticks, pause.Ticks * 2)))
        {
            try
            {
                await grains.GetGrain<IModelVersionGrain>(model.ToString()).EndLoadAsync(intent);
                break;
            }
            catch (Exception error)
            {
                if (isDisposed)
                {
                    break;
                }

                LogNotReported(error, model, pause);
                await Task.Delay(pause, time);
            }
        }

        pending.TryRemove(KeyValuePair.Create(model, reported.Task));
        reported.SetResult();
    }

    [LoggerMessage(
        EventId = 420, Level = LogLevel.Debug, Message = "Failed to record the end of a load of model {Model}; retrying in {Delay}")]
    private partial void LogNotReported(Exception error, ModelId model, TimeSpan delay);
}
