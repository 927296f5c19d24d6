using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Background;

/// <summary>
/// One piece of work at a time beside a grain's turns, with which it interleaves. It is cancelled when the grain deactivates, and a failure
/// is logged as an error: what is expected to fail is caught by the work. To be used from the grain's turns only.
/// </summary>
internal sealed partial class BackgroundWork(IGrainBase grain, ILogger logger)
{
    private IGrainTimer? timer;

    /// <summary>True from the start of a piece of work to its end.</summary>
    public bool IsRunning => timer is not null;

    /// <summary>Starts a piece of work; does nothing while one is running.</summary>
    public void Start(Func<CancellationToken, Task> work) => timer ??= grain.RegisterGrainTimer(
        RunAsync, work, new GrainTimerCreationOptions(TimeSpan.Zero, Timeout.InfiniteTimeSpan) { Interleave = true, KeepAlive = true });

    /// <summary>Cancels the work that is running; another piece may start at once.</summary>
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
