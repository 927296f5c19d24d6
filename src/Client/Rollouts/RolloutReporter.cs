using System.Collections.Immutable;
using Krewe.Abstractions.Models;
using Krewe.Client.Cluster;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Counts;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Krewe.Client.Rollouts;

/// <summary>
/// Reports this process's counts of each active rollout to the model's grain once a second. Empty reports are sent too: they reactivate a
/// grain whose silo was lost.
/// </summary>
internal sealed partial class RolloutReporter(
    IClusterSnapshotSource snapshots, RolloutTallies tallies, IClusterGrains grains, TimeProvider time, ILogger<RolloutReporter> logger)
        : BackgroundService
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan ReportTimeout = TimeSpan.FromSeconds(5);

    /// <summary>Reports after a rollout has left the snapshot, because calls that it routed may end later.</summary>
    private const int LastReports = 3;
    private readonly string name = $"{Environment.MachineName} {Environment.ProcessId} {Guid.NewGuid():N}";
    private readonly Dictionary<(ModelName Model, string Rollout), int> reportsLeft = [];
    private long number;

    /// <summary>Sends the reports that are due.</summary>
    public async Task ReportAsync(CancellationToken cancellationToken)
    {
        foreach (var (model, rollout) in FindActive(snapshots.Current))
        {
            reportsLeft[(model, rollout)] = LastReports + 1;
        }

        await Task.WhenAll(reportsLeft.Keys.Select(key => ReportAsync(key.Model, key.Rollout, cancellationToken)));
        foreach (var key in reportsLeft.Keys.ToArray())
        {
            if (--reportsLeft[key] == 0)
            {
                reportsLeft.Remove(key);
            }
        }

        tallies.Forget(rollout => reportsLeft.Keys.Any(key => key.Rollout == rollout));
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            for (; ; await Task.Delay(Interval, time, stoppingToken))
            {
                await ReportAsync(stoppingToken);
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // Counts not reported yet are lost with the process.
        }
    }

    private static IEnumerable<(ModelName Model, string Rollout)> FindActive(ClusterSnapshot snapshot) => snapshot.Routes.Routes.Values
        .Where(route => route.Traffic?.Rollout is not null)
        .Select(route => (ModelName.Parse(route.Model), route.Traffic!.Rollout!.Id));

    private async Task ReportAsync(ModelName model, string rollout, CancellationToken cancellationToken)
    {
        try
        {
            var counts = new RolloutCounts(rollout, tallies.Read(rollout).ToImmutableSortedDictionary());
            await grains.Model(model).ReportCallsAsync(new CallReport(name, Interlocked.Increment(ref number), counts)).WaitAsync(
                ReportTimeout, time, cancellationToken);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // Any failure is safe: reports are cumulative.
            LogNotReported(model, error.Message);
        }
    }

    [LoggerMessage(EventId = 478, Level = LogLevel.Debug,
        Message = "Failed to report the rollout counts of {Model}; retrying in a second: {Reason}")]
    private partial void LogNotReported(ModelName model, string reason);
}
