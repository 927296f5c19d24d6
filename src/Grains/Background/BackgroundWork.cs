using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Background;

/// <summary>
/// One background task at a time beside a grain, interleaved with its turns. Cancelled when the grain deactivates. An exception is logged
/// as an error, so the work catches what it expects. Call it from the grain's scheduler only.
/// </summary>
internal sealed partial class BackgroundWork(IGrainBase grain, ILogger logger)
{
    private IGrainTimer? timer;

    /// <summary>True while a task is running.</summary>
    public bool IsRunning => timer is not null;

    /// <summary>Starts a task; does nothing while one is running.</summary>
    public void Start(Func<CancellationToken, Task> work) => timer ??= grain.RegisterGrainTimer(
        RunAsync, work, new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });

    /// <summary>Cancels the running task; another may start at once.</summary>
    public void Cancel()
    {
        timer?.Dispose();
        timer = null;
    }

    private async Task RunAsync(Func<CancellationToken, Task> work, CancellationToken cancellationToken)
    {
        try
        {
            await work(cancellationToken);
        }
        catch (Exception error)
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                LogFailed(error, grain.GrainContext.GrainId);
            }
        }
        finally
        {
            if (!cancellationToken.IsCancellationRequested)
            {
                Cancel();
            }
        }
    }

    [LoggerMessage(EventId = 433, Level = LogLevel.Error, Message = "Background work of grain {Grain} failed unexpectedly")]
    private partial void LogFailed(Exception error, GrainId grain);
}
