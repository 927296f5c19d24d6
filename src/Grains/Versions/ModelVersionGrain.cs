using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Client.Retrying;
using Krewe.Grains.Background;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Grains.Silos;
using Krewe.Grains.Storage;
using Krewe.Serving.Crashes;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Grains.Versions;

/// <summary>
/// The control plane of one version. Changes of the load record are turns; reports, and waiting for a verdict on a dead silo, interleave.
/// Loads run outside the turns: a replica calls this grain to ask whether it may load.
/// </summary>
[GrainType("krewe.version")]
internal sealed partial class ModelVersionGrain : Grain, IModelVersionGrain, IVersionTurns
{
    private static readonly TimeSpan QuarantinePause = TimeSpan.FromSeconds(1);
    private readonly ModelId model;
    private readonly DurableState<LoadRecord> record;
    private readonly ReplicaCount replicas;
    private readonly BackgroundWork publishing;
    private readonly SiloLiveness silos;
    private readonly ProcessEnds? ends;
    private readonly TimeProvider time;
    private readonly ILogger<ModelVersionGrain> logger;

    public ModelVersionGrain(
        [FromKeyedServices(GrainStorageName.Krewe)] IGrainStorage storage, SiloLiveness silos, IClusterSnapshotSource snapshots,
        NodeOptions options,
        TimeProvider time, ILogger<ModelVersionGrain> logger, ProcessEnds? ends = null)
    {
        (this.silos, this.ends, this.time, this.logger) = (silos, ends, time, logger);
        model = ModelKey.Parse(this.GetPrimaryKeyString());
        record = new DurableState<LoadRecord>(storage, "loads", this.GetGrainId());
        publishing = new BackgroundWork(this, logger);
        var scaling = new ScalingOptions(options.WaitingPerReplica, options.ScaleUpDelay, options.ScaleDownDelay);
        replicas = new ReplicaCount(
            model, GrainFactory, () =>
                OtherNodes.Candidates(snapshots.Current, model, SiloAddress.Zero).Count(), scaling, new BackgroundWork(this, logger),
            time, logger);
    }

    public async Task<LoadVerdict> BeginLoadAsync(LoadIntent intent) =>
        await this.AsReference<IVersionTurns>().RecordAsync(intent, await FindDeadAsync(intent.Silo));

    public async Task<LoadVerdict> RecordAsync(LoadIntent intent, IReadOnlyList<string> dead)
    {
        LoadVerdict? verdict = null;
        await record.UpdateAsync(before =>
        {
            (var after, verdict) = before.Begin(
                intent, silo => !dead.Contains(silo), time.GetUtcNow(), open => LoadEvidence.Of(ends?.Find(open.Process ?? ""), model));
            if (after.Deaths.Length > before.Deaths.Length)
            {
                LogDeath(model, after.Reason);
            }

            return after;
        });
        if (!verdict!.Allowed)
        {
            publishing.Start(PublishQuarantineAsync);
        }

        return verdict;
    }

    public Task EndLoadAsync(LoadIntent intent) => record.UpdateAsync(before => before.End(intent));

    public Task<ReplicaPlan> ReportAsync(ReplicaReport report) => Task.FromResult(replicas.Report(report));

    public Task<ReplicaPlan> SeeToMinimumAsync(ReplicaRange range) => Task.FromResult(replicas.EnsureMinimum(range));

    public async Task ClearQuarantineAsync()
    {
        var dead = await FindDeadAsync(null);
        await record.UpdateAsync(before => before.Clear(silo => !dead.Contains(silo)));
    }

    /// <summary>Dead silos with an open load; a silo whose load begins later is alive.</summary>
    private async Task<string[]> FindDeadAsync(string? asking)
    {
        await record.ReadAsync();
        string[] asked = [.. record.Value!.Open.Select(open => open.Silo).Where(silo => silo != asking).Distinct()];
        return [.. asked.Except(await silos.FindLivingAsync(asked))];
    }

    /// <summary>
    /// Runs in the background, because the model's grain may be waiting for this one. The record refuses every load already; publishing
    /// stops the attempts.
    /// </summary>
    private async Task PublishQuarantineAsync(CancellationToken cancellationToken)
    {
        while (record.Value is { IsQuarantined: true } quarantined)
        {
            try
            {
                await GrainFactory.GetGrain<IModelGrain>(model.Name.ToString()).QuarantineAsync(model.Version.Number, quarantined.Reason);
                LogQuarantined(model, quarantined.Reason);
                return;
            }
            catch (Exception error) when (error is KreweException || LostCall.Is(error))
            {
                LogPublishFailed(error, model, QuarantinePause);
                await Task.Delay(QuarantinePause, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(EventId = 415, Level = LogLevel.Warning, Message = "A process ended while it loaded model {Model}: {Reason}")]
    private partial void LogDeath(ModelId model, string reason);

    [LoggerMessage(EventId = 416, Level = LogLevel.Warning, Message = "Model {Model} is quarantined: {Reason}")]
    private partial void LogQuarantined(ModelId model, string reason);

    [LoggerMessage(
        EventId = 417, Level = LogLevel.Warning, Message = "Failed to publish the quarantine of model {Model}; retrying in {Delay}")]
    private partial void LogPublishFailed(Exception error, ModelId model, TimeSpan delay);
}

/// <summary>The state change of <see cref="IModelVersionGrain.BeginLoadAsync"/>, which interleaves, as a turn of its own.</summary>
[Alias("krewe.version-turns")]
internal interface IVersionTurns : IGrainWithStringKey
{
    /// <summary>Records the start of a load, and which silos with an open load are dead.</summary>
    [Alias("record")]
    Task<LoadVerdict> RecordAsync(LoadIntent intent, IReadOnlyList<string> dead);
}
