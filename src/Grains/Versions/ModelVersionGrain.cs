using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;
using Krewe.Client.Retrying;
using Krewe.Client.Monitoring;
using Krewe.Grains.Background;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Grains.Silos;
using Krewe.Grains.Storage;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Storage;

namespace Krewe.Grains.Versions;

/// <summary>
/// The control plane of one version. Changes of the record are turns; reports, and waiting for a silo's death to be agreed on, interleave.
/// Loads run beside the turns: a replica that is to load asks this grain in turn whether it may begin.
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
    private readonly TimeProvider time;
    private readonly ILogger<ModelVersionGrain> logger;

    public ModelVersionGrain(
        [FromKeyedServices(GrainStorageName.Krewe)] IGrainStorage storage, SiloLiveness silos, IClusterSnapshotSource views,
        NodeOptions options,
        TimeProvider time, ILogger<ModelVersionGrain> logger)
    {
        (this.silos, this.time, this.logger) = (silos, time, logger);
        model = ModelKey.Parse(this.GetPrimaryKeyString());
        record = new DurableState<LoadRecord>(storage, "loads", this.GetGrainId());
        publishing = new BackgroundWork(this, logger);
        var scaling = new ScalingOptions(options.WaitingPerReplica, options.ScaleUpDelay, options.ScaleDownDelay);
        replicas = new ReplicaCount(
            model, GrainFactory, () =>
                OtherNodes.Candidates(views.Current, model, SiloAddress.Zero).Count(), scaling, new BackgroundWork(this, logger),
            time, logger);
    }

    public async Task<LoadVerdict> BeginLoadAsync(LoadIntent intent) =>
        await this.AsReference<IVersionTurns>().RecordAsync(intent, await FindDeadAsync(intent.Silo));

    public async Task<LoadVerdict> RecordAsync(LoadIntent intent, IReadOnlyList<string> dead)
    {
        LoadVerdict? verdict = null;
        await record.UpdateAsync(before =>
        {
            (var after, verdict) = before.Begin(intent, silo => !dead.Contains(silo), time.GetUtcNow());
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

    public Task<ReplicaPlan> SeeToMinimumAsync(ReplicaRange range) => Task.FromResult(replicas.SeeToMinimum(range));

    public async Task ClearQuarantineAsync()
    {
        var dead = await FindDeadAsync(null);
        await record.UpdateAsync(before => before.Clear(silo => !dead.Contains(silo)));
    }

    /// <summary>Silos with a load on record that are not alive; one that begins a load after this does.</summary>
    private async Task<string[]> FindDeadAsync(string? asking)
    {
        await record.ReadAsync();
        string[] asked = [.. record.Value!.Open.Select(open => open.Silo).Where(silo => silo != asking).Distinct()];
        return [.. asked.Except(await silos.FindLivingAsync(asked))];
    }

    /// <summary>
    /// Beside the turn of whoever was refused: the model's grain may be waiting for this one. What is recorded refuses every load
    /// already; this tells everybody, so that nobody asks.
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
                LogPublishFailed(error, model);
                await Task.Delay(QuarantinePause, time, cancellationToken);
            }
        }
    }

    [LoggerMessage(EventId = 415, Level = LogLevel.Warning, Message = "A process ended while it loaded model {Model}: {Reason}")]
    private partial void LogDeath(ModelId model, string reason);

    [LoggerMessage(EventId = 416, Level = LogLevel.Warning, Message = "Model {Model} is quarantined: {Reason}")]
    private partial void LogQuarantined(ModelId model, string reason);

    [LoggerMessage(
        EventId = 417, Level = LogLevel.Warning, Message = "The quarantine of model {Model} could not be published and is tried again")]
    private partial void LogPublishFailed(Exception error, ModelId model);
}

/// <summary>The change that <see cref="IModelVersionGrain.BeginLoadAsync"/>, which interleaves, makes in a turn of its own.</summary>
[Alias("krewe.version-turns")]
internal interface IVersionTurns : IGrainWithStringKey
{
    /// <summary>Records an intent, and that silos which had begun a load are dead.</summary>
    [Alias("record")]
    Task<LoadVerdict> RecordAsync(LoadIntent intent, IReadOnlyList<string> dead);
}
