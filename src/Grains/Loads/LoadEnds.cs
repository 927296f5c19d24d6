using System.Collections.Concurrent;
using Krewe.Abstractions.Models;
using Krewe.Grains.Interfaces.Versions;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Loads;

/// <summary>
/// Tells versions that their loads ended. Nobody waits for that but the next load of the same version, which must not be taken for the
/// one that ended; what cannot be told now is told later, for as long as this process lives. Thread-safe.
/// </summary>
public sealed partial class LoadEnds(IGrainFactory grains, TimeProvider time, ILogger<LoadEnds> logger) : IDisposable
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(10);
    private readonly ConcurrentDictionary<ModelId, Task> pending = new();
    private volatile bool isOver;

    /// <summary>A load ended, or may never have been recorded.</summary>
    public void Tell(ModelId model, LoadIntent intent)
    {
        var told = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var before = Task.CompletedTask;
        pending.AddOrUpdate(model, told.Task, (_, last) =>
        {
            before = last;
            return told.Task;
        });
        _ = TellAsync(model, intent, before, told);
    }

    /// <summary>Done when everything told about a version so far has arrived.</summary>
    public Task WhenToldAsync(ModelId model) => pending.GetValueOrDefault(model) ?? Task.CompletedTask;

    /// <summary>Done when everything told so far has arrived.</summary>
    public Task WhenAllToldAsync() => Task.WhenAll(pending.Values);

    /// <summary>The process ends, and with it what can be told.</summary>
    public void Dispose() => isOver = true;

    private async Task TellAsync(ModelId model, LoadIntent intent, Task before, TaskCompletionSource told)
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
                if (isOver)
                {
                    break;
                }

                LogNotTold(error, model);
                await Task.Delay(pause, time);
            }
        }

        pending.TryRemove(KeyValuePair.Create(model, told.Task));
        told.SetResult();
    }

    [LoggerMessage(
        EventId = 420, Level = LogLevel.Debug, Message = "The end of a load of model {Model} could not be recorded and is tried again")]
    private partial void LogNotTold(Exception error, ModelId model);
}
