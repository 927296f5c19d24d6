using System.Globalization;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Serving.Admission;
using Krewe.Serving.Crashes;
using Krewe.Serving.Execution;
using Krewe.Serving.Isolation;
using Krewe.Serving.Memory;
using Krewe.Serving.Repository;
using Krewe.Serving.Repository.Snapshots;
using Krewe.Serving.Statistics;
using Krewe.Serving.Versions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving.Hosting;

/// <summary>Starts serving with the host, applies repository changes, and frees all sessions on shutdown.</summary>
internal sealed partial class ServingService(
    ModelRepository repository, ServedModels models, VersionLoader loader, LoadThreads loadThreads, LoadAdmission permits,
    MemoryBudget budget, ProcessEnds ends, Workers workers,
    ServingOptions options, TimeProvider time, ILogger<ServingService> logger) : BackgroundService
{
    private static readonly TimeSpan MaintenanceInterval = TimeSpan.FromSeconds(1);

    /// <summary>Reads the repository before any endpoint listens; throws if it cannot be read.</summary>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        LogBudget(ErrorText.Bytes(budget.Bytes), options.RunnerThreads, options.LoadThreads);
        SearchEnds();
        repository.Changed += OnChanged;
        await repository.StartAsync(cancellationToken);
        _ = models.Update(repository.Current);
        models.Readiness = HostReadiness.Ready;
        await base.StartAsync(cancellationToken);
    }

    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        models.Readiness = HostReadiness.NotReady("stopping");
        repository.Changed -= OnChanged;
        await base.StopAsync(cancellationToken);
        await repository.DisposeAsync();

        // A load in progress when the process ends would count as one that crashed it.
        await permits.StopAsync(cancellationToken);
        budget.TerminateRuns();
    }

    /// <summary>Apart, because load threads may be busy for long.</summary>
    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(
        RepeatAsync(() => loadThreads.RunAsync(() => budget.FreeIdle(options.IdleTime)), stoppingToken),
        RepeatAsync(
            () => Task.Factory.StartNew(
                SearchEnds, CancellationToken.None, TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach,
                TaskScheduler.Default),
            stoppingToken));

    private async Task RepeatAsync(Func<Task> work, CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(MaintenanceInterval, time);
        while (await timer.WaitForNextTickAsync(stoppingToken).AsTask().ContinueWith(
            tick => tick.IsCompletedSuccessfully, TaskScheduler.Default))
        {
            await work();
        }
    }

    /// <summary>Refuses what was under way when another process ended and may have been the cause.</summary>
    private void SearchEnds()
    {
        foreach (var work in ends.Search().SelectMany(static end => end.Suspects))
        {
            foreach (var inputs in work.Inputs)
            {
                workers.Refuse(work.Model, UInt128.Parse(inputs, NumberStyles.HexNumber, CultureInfo.InvariantCulture));
            }
        }
    }

    private void OnChanged(RepositorySnapshot before, RepositorySnapshot after)
    {
        foreach (var retired in models.Update(after))
        {
            _ = DrainAsync(retired);
        }
    }

    private async Task DrainAsync(ServedVersion retired)
    {
        try
        {
            await loader.DrainAsync(retired, EvictionReason.Repository);
        }
        catch (KreweException)
        {
            // The process is stopping and frees everything anyway.
        }
        catch (Exception error)
        {
            LogDrainFailed(error, retired.Id);
        }
    }

    [LoggerMessage(EventId = 170, Level = LogLevel.Information,
        Message = "Serving with a memory budget of {Budget}, {Runners} runner threads and {Loaders} load threads")]
    private partial void LogBudget(string budget, int runners, int loaders);

    [LoggerMessage(EventId = 171, Level = LogLevel.Error, Message = "Failed to drain model {Model}")]
    private partial void LogDrainFailed(Exception error, ModelId model);
}
