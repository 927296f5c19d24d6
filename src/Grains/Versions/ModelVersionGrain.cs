using Krewe.Abstractions;
using Krewe.Grains.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace Krewe.Grains;

/// <summary>
/// The control plane of one version. Reentrant: a load that it asks a replica for asks it in turn whether it may begin. What must not
/// interleave has its own order: <see cref="LoadJournal"/> and <see cref="ReplicaCount"/>.
/// </summary>
[GrainType("version"), Reentrant]
internal sealed partial class ModelVersionGrain : IModelVersionGrain
{
    private static readonly TimeSpan QuarantinePause = TimeSpan.FromSeconds(1);
    private readonly ModelId model;
    private readonly LoadJournal journal;
    private readonly ReplicaCount replicas;
    private readonly SiloLife silos;
    private readonly IGrainFactory grains;
    private readonly TimeProvider time;
    private readonly ILogger<ModelVersionGrain> logger;
    private Task publishing = Task.CompletedTask;

    public ModelVersionGrain(
        IGrainContext context, [FromKeyedServices(LoadJournal.StorageName)] IGrainStorage storage, SiloLife silos, IClusterViewSource views,
        IGrainFactory grains, NodeOptions options, TimeProvider time, ILogger<ModelVersionGrain> logger)
    {
        (this.silos, this.grains, this.time, this.logger) = (silos, grains, time, logger);
        model = ModelKey.Parse(context.GrainId.Key.ToString()!);
        journal = new LoadJournal(storage, context.GrainId);
        var scaling = new ScalingOptions(options.WaitingPerReplica, options.ScaleUpDelay, options.ScaleDownDelay);
        replicas = new ReplicaCount(
            model, grains, () => OtherNodes.Candidates(views.Current, model, SiloAddress.Zero).Count(), scaling, time, logger);
    }

    public async Task<LoadVerdict> BeginLoadAsync(LoadIntent intent)
    {
        var verdict = await journal.ChangeAsync(async record =>
        {
            var living = await silos.FindLivingAsync(record.Open.Select(open => open.Silo).Where(silo => silo != intent.Silo));
            var (after, answer) = record.Begin(intent, living.Contains, time.GetUtcNow());
            if (after.Deaths.Length > record.Deaths.Length)
            {
                LogDeath(model, after.Reason);
            }

            return (after, answer);
        });
        if (!verdict.Allowed && publishing.IsCompleted)
        {
            publishing = PublishQuarantineAsync();
        }

        return verdict;
    }

    public Task EndLoadAsync(LoadIntent intent) => journal.ChangeAsync(record => Task.FromResult((record.End(intent), true)));

    public Task<ReplicaPlan> ReportAsync(ReplicaReport report) => Task.FromResult(replicas.Report(report));

    public Task<ReplicaPlan> SeeToMinimumAsync(ReplicaRange range) => Task.FromResult(replicas.SeeToMinimum(range));

    public Task ClearQuarantineAsync() => journal.ChangeAsync(async record =>
    {
        var living = await silos.FindLivingAsync(record.Open.Select(open => open.Silo));
        return (record.Clear(living.Contains), true);
    });

    /// <summary>
    /// Beside the turn of whoever was refused: the model's grain may be waiting for this one. What is recorded refuses every load
    /// already; this tells everybody, so that nobody asks.
    /// </summary>
    private async Task PublishQuarantineAsync()
    {
        await Task.Yield();
        while (journal.Current.IsQuarantined)
        {
            try
            {
                await grains.GetGrain<IModelGrain>(model.Name.ToString()).QuarantineAsync(model.Version.Number, journal.Current.Reason);
                LogQuarantined(model, journal.Current.Reason);
                return;
            }
            catch (Exception error)
            {
                LogPublishFailed(error, model);
                await Task.Delay(QuarantinePause, time);
            }
        }
    }
}
