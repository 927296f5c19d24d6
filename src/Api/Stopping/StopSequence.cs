using Krewe.Api.Settings;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Stopping;

/// <summary>
/// Graceful shutdown: readiness fails, responses ask clients to close their connections, and new connections are accepted for a
/// short grace period. Then the server stops accepting and completes the requests in flight.
/// </summary>
internal sealed partial class StopSequence(
    StopSignal stop, Traffic traffic, ApiOptions options, TimeProvider time, ILogger<StopSequence> logger) : IHostedLifecycleService
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(10);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        stop.Set();
        LogStopping(traffic.InFlight, options.ShutdownTimeout.TotalSeconds);
        var started = time.GetTimestamp();
        using var timer = new PeriodicTimer(Step, time);
        while (!traffic.IsQuiet(options.StopGrace) && time.GetElapsedTime(started) < options.StopGrace)
        {
            await timer.WaitForNextTickAsync(cancellationToken);
        }
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        LogStopped(traffic.InFlight);
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(
        EventId = 300, Level = LogLevel.Information,
        Message = "Stopping: {InFlight} requests in flight have {TimeoutSeconds} s to complete")]
    private partial void LogStopping(long inFlight, double timeoutSeconds);

    [LoggerMessage(EventId = 301, Level = LogLevel.Information, Message = "Stopped; {InFlight} requests were aborted")]
    private partial void LogStopped(long inFlight);
}
