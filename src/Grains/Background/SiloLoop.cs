using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Background;

/// <summary>
/// Something a silo does again and again while it is an active member. A turn that fails is logged, and the next one comes.
/// </summary>
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

    /// <summary>One turn.</summary>
    protected abstract Task TurnAsync(CancellationToken stoppingToken);

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
                await TryTurnAsync(token);
            }
        }
        catch (OperationCanceledException) when (token.IsCancellationRequested)
        {
            // The silo leaves.
        }
    }

    private async Task TryTurnAsync(CancellationToken token)
    {
        try
        {
            await TurnAsync(token);
        }
        catch (Exception error) when (!token.IsCancellationRequested)
        {
            LogTurnFailed(error, GetType().Name);
        }
    }

    [LoggerMessage(EventId = 430, Level = LogLevel.Warning, Message = "A turn of {Loop} failed; the next one follows")]
    private partial void LogTurnFailed(Exception error, string loop);
}
