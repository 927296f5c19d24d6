using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Replicas;

/// <summary>Moves a replica to another silo after that silo has loaded the version, so callers see no interruption.</summary>
public sealed partial class ReplicaMover(
    IClusterSnapshotSource snapshots, IGrainFactory grains, TimeProvider time, ILogger<ReplicaMover> logger)
{
    /// <summary>True once the replica has moved; false if the target could not load the version.</summary>
    public async Task<bool> MoveAsync(ResidentReplica replica, SiloAddress target, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        snapshots.Expect(replica.Id, target);
        if (!await TryLoadAsync(replica.Id.Model, target, cancellationToken))
        {
            return false;
        }

        replica.MoveTo(target);
        await replica.Context.Deactivated.WaitAsync(cancellationToken);
        LogMoved(replica.Id, target, time.GetElapsedTime(start).TotalMilliseconds);
        return true;
    }

    private async Task<bool> TryLoadAsync(ModelId model, SiloAddress target, CancellationToken cancellationToken)
    {
        try
        {
            var reference = new ModelReference(model.Name, VersionSelector.Of(model.Version));
            await grains.GetGrain<INodeGrain>(target.ToParsableString()).LoadAsync(reference).WaitAsync(cancellationToken);
            return true;
        }
        catch (Exception error) when (error is not OperationCanceledException)
        {
            LogNotLoaded(error, model, target);
            return false;
        }
    }

    [LoggerMessage(
        EventId = 401, Level = LogLevel.Information, Message = "Replica {Replica} moved to {Silo} in {Milliseconds:0} ms")]
    private partial void LogMoved(ReplicaId replica, SiloAddress silo, double milliseconds);

    [LoggerMessage(
        EventId = 402, Level = LogLevel.Warning, Message = "Failed to load model {Model} on {Silo}; its replica is not moved there")]
    private partial void LogNotLoaded(Exception error, ModelId model, SiloAddress silo);
}
