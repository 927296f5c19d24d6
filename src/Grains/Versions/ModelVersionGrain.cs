using Krewe.Abstractions;
using Krewe.Grains.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Orleans.Concurrency;
using Orleans.Storage;

namespace Krewe.Grains;

/// <summary>
/// The control plane of one version. Reentrant: a load that it asks a replica for asks it in turn whether it may begin. What must not
/// interleave has its own order: <see cref="DurableState{T}"/> and <see cref="ReplicaCount"/>.
/// </summary>
[GrainType("krewe.version"), Reentrant]
internal sealed partial class ModelVersionGrain : IModelVersionGrain
{
    private static readonly TimeSpan QuarantinePause = TimeSpan.FromSeconds(1);
    private readonly ModelId model;
    private readonly DurableState<LoadRecord> record;
    private readonly ReplicaCount replicas;
    private readonly SiloLife silos;
    private readonly IGrainFactory grains;
    private readonly TimeProvider time;
    private readonly ILogger<ModelVersionGrain> logger;
    private Task publishing = Task.CompletedTask;

    public ModelVersionGrain(
        IGrainContext context, [FromKeyedServices(GrainStorageName.Krewe)] IGrainStorage storage, SiloLife silos, IClusterViewSource views,
        IGrainFactory grains, NodeOptions options, TimeProvider time, ILogger<ModelVersionGrain> logger)
    {
        (this.silos, this.grains, this.time, this.logger) = (silos, grains, time, logger);
        model = ModelKey.Parse(context.GrainId.Key.ToString()!);
        record = new DurableState<LoadRecord>(storage, "loads", context.GrainId);
        var scaling = new ScalingOptions(options.WaitingPerReplica, options.ScaleUpDelay, options.ScaleDownDelay);
        replicas = new ReplicaCount(
            model, grains, () => OtherNodes.Candidates(views.Current, model, SiloAddress.Zero).Count(), scaling, time, logger);
    }

    public async Task<LoadVerdict> BeginLoadAsync(LoadIntent intent)
    {
        var isAlive = await FindLivingAsync(intent.Silo);
        LoadVerdict? verdict = null;
        await record.UpdateAsync(before =>
        {
            (var after, verdict) = before.Begin(intent, isAlive, time.GetUtcNow());
            if (after.Deaths.Length > before.Deaths.Length)
            {
                LogDeath(model, after.Reason);
            }

            return after;
        });
        if (!verdict!.Allowed && publishing.IsCompleted)
        {
            publishing = PublishQuarantineAsync();
        }

        return verdict;
    }

    public Task EndLoadAsync(LoadIntent intent) => record.UpdateAsync(before => before.End(intent));

    public Task<ReplicaPlan> ReportAsync(ReplicaReport report) => Task.FromResult(replicas.Report(report));

    public Task<ReplicaPlan> SeeToMinimumAsync(ReplicaRange range) => Task.FromResult(replicas.SeeToMinimum(range));

    public async Task ClearQuarantineAsync()
    {
        var isAlive = await FindLivingAsync(null);
        await record.UpdateAsync(before => before.Clear(isAlive));
    }

    /// <summary>Says of silos with a load on record whether they live; one that began a load since then does.</summary>
    private async Task<Func<string, bool>> FindLivingAsync(string? asking)
    {
        await record.ReadAsync();
        var asked = record.Value!.Open.Select(open => open.Silo).Where(silo => silo != asking).ToHashSet();
        var living = await silos.FindLivingAsync(asked);
        return silo => !asked.Contains(silo) || living.Contains(silo);
    }

    /// <summary>
    /// Beside the turn of whoever was refused: the model's grain may be waiting for this one. What is recorded refuses every load
    /// already; this tells everybody, so that nobody asks.
    /// </summary>
    private async Task PublishQuarantineAsync()
    {
        await Task.Yield();
        while (record.Value is { IsQuarantined: true } quarantined)
        {
            try
            {
                await grains.GetGrain<IModelGrain>(model.Name.ToString()).QuarantineAsync(model.Version.Number, quarantined.Reason);
                LogQuarantined(model, quarantined.Reason);
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
