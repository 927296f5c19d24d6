using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Background;

/// <summary>A periodic job of a silo while it is an active member. A failed run is logged, and the loop goes on.</summary>
internal abstract partial class SiloLoop(TimeSpan interval, TimeProvider time, ILogger logger)
    : ILifecycleParticipant<ISiloLifecycle>, IDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private Task running = Task.CompletedTask;

    /// <summary>The clock.</summary>
    protected TimeProvider Time => time;

    public void Participate(ISiloLifecycle lifecycle) =>
        lifecycle.Subscribe(GetType().Name, ServiceLifecycleStage.Active, StartAsync, StopAsync);

    public void Dispose() => stopping.Dispose();

    /// <summary>One run of the job.</summary>
    protected abstract Task RunOnceAsync(CancellationToken stoppingToken);

    private Task StartAsync(CancellationToken cancellationToken)
    {
        running = Task.Run(RunAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    private async Task StopAsync(CancellationToken cancellationToken)
    {
        await stopping.CancelAsync();
        await running.WaitAsync(cancellationToken).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private async Task RunAsync()
    {
        var token = stopping.Token;
        try
        {
            for (; ; await Task.Delay(interval, time, token))
            {
                await TryRunOnceAsync(token);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The silo is stopping.
        }
    }

    private async Task TryRunOnceAsync(CancellationToken token)
    {
        try
        {
            await RunOnceAsync(token);
        }
        catch (Exception error) when (!token.IsCancellationRequested)
        {
            LogRunFailed(error, GetType().Name);
        }
    }

    [LoggerMessage(EventId = 430, Level = LogLevel.Warning, Message = "{Loop} failed; retrying at its next interval")]
    private partial void LogRunFailed(Exception error, string loop);
}
