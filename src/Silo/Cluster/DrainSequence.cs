using Krewe.Abstractions.Hosting;
using Krewe.Grains.Draining;

namespace Krewe.Silo.Cluster;

/// <summary>
/// What comes first when a silo stops: it is not ready any more, and its replicas move to other silos while it goes on answering.
/// Then the HTTP side stops, and last the silo leaves the cluster. Registered after the HTTP side, because of what services do
/// before they stop, the one registered last does first.
/// </summary>
internal sealed partial class DrainSequence(NodeDrain drain, TimeProvider time, ILogger<DrainSequence> logger)
    : IHostedLifecycleService, IReadinessCheck
{
    private volatile bool stopping;

    public ValueTask<HostReadiness> CheckAsync(CancellationToken cancellationToken) =>
        new(stopping ? HostReadiness.NotReady("draining: models move to other silos") : HostReadiness.Ready);

    public async Task StoppingAsync(CancellationToken cancellationToken)
    {
        stopping = true;
        LogDraining();
        var started = time.GetTimestamp();
        await drain.DrainAsync(cancellationToken);
        LogDrained(time.GetElapsedTime(started).TotalSeconds);
    }

    /// <summary>The HTTP side has ended, and the silo has left.</summary>
    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        LogLeft();
        return Task.CompletedTask;
    }

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    [LoggerMessage(EventId = 532, Level = LogLevel.Information, Message = "Stopping: models move to other silos")]
    private partial void LogDraining();

    [LoggerMessage(EventId = 533, Level = LogLevel.Information, Message = "Drained after {Seconds:0.0} s")]
    private partial void LogDrained(double seconds);

    [LoggerMessage(EventId = 534, Level = LogLevel.Information, Message = "Left the cluster")]
    private partial void LogLeft();
}
