using Krewe.Abstractions.Models;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Microsoft.Extensions.Logging;

namespace Krewe.Grains.Replicas;

/// <summary>Moves a replica to another silo after that has loaded its version, so that its callers notice nothing.</summary>
public sealed partial class ReplicaMover(
    IClusterSnapshotSource views, IGrainFactory grains, TimeProvider time, ILogger<ReplicaMover> logger)
{
    /// <summary>True once the replica has left for the silo; false where that could not load the version.</summary>
    public async Task<bool> MoveAsync(ResidentReplica replica, SiloAddress target, CancellationToken cancellationToken)
    {
        var start = time.GetTimestamp();
        views.Expect(replica.Id, target);
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
        EventId = 401, Level = LogLevel.Information, Message = "Replica {Replica} has moved to {Silo} within {Milliseconds:0} ms")]
    private partial void LogMoved(ReplicaId replica, SiloAddress silo, double milliseconds);

    [LoggerMessage(
        EventId = 402, Level = LogLevel.Warning, Message = "Model {Model} could not be loaded on {Silo}, where a replica was to move")]
    private partial void LogNotLoaded(Exception error, ModelId model, SiloAddress silo);
}
