using Krewe.Abstractions.Hosting;
using Krewe.Grains.Draining;

namespace Krewe.Silo.Cluster;

/// <summary>
/// The first step of a silo's graceful shutdown: it becomes not ready, and its replicas move to other silos while it still answers.
/// Then the HTTP side stops, and last the silo leaves the cluster. Registered after the HTTP side: stopping callbacks run in reverse order
/// of registration.
/// </summary>
internal sealed partial class DrainSequence(NodeDrain drain, TimeProvider time, ILogger<DrainSequence> logger)
    : IHostedLifecycleService, IReadinessCheck
{
    private volatile bool stopping;

    public ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken) =>
        new(stopping ? HostReadiness.NotReady("draining: moving models to other silos") : HostReadiness.Ready);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        stopping = true;
        LogDraining();
        var started = time.GetTimestamp();
        await drain.DrainAsync(cancellationToken);
        LogDrained(time.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>The HTTP side has stopped, and the silo has left the cluster.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        LogLeft();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 532, Level = LogLevel.Information, Message = "Stopping: moving models to other silos")]
    private partial void LogDraining();

    [LoggerMessage(EventId = 533, Level = LogLevel.Information, Message = "Drained after {Seconds:0.0} s")]
    private partial void LogDrained(double seconds);

    [LoggerMessage(EventId = 534, Level = LogLevel.Information, Message = "Left the cluster")]
    private partial void LogLeft();
}
