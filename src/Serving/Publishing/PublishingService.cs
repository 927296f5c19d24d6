using Krewe.Serving.Publishing.Files;
using Krewe.Serving.Repository;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Publishing;

/// <summary>At startup, removes leftovers of publishes and deletes that were interrupted by a process exit.</summary>
internal sealed partial class PublishingService(ModelRepositoryOptions options, ILogger<PublishingService> logger) : IHostedService
{
    private Task cleaning = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        // Runs in the background; serving does not wait for it.
        cleaning = Task.Factory.StartNew(
            Clean, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => cleaning.WaitAsync(cancellationToken);

    private void Clean()
    {
        if (StagingCleaner.Clean(new RepositoryPaths(options.Root)) is > 0 and var count)
        {
            LogCleaned(count);
        }
    }

    [LoggerMessage(
        EventId = 224, Level = LogLevel.Information, Message = "Removed {Count} interrupted uploads and deletions")]
    private partial void LogCleaned(int count);
}
