using Microsoft.Extensions.Hosting;

namespace Krewe.Member.Database;

/// <summary>Sets up the database before any service of the process starts, the silo included.</summary>
internal sealed class DatabaseStart(DatabaseSetup setup) : IHostedLifecycleService
{
    public Task StartingAsync(CancellationToken cancellationToken) => setup.EnsureAsync(cancellationToken);

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
