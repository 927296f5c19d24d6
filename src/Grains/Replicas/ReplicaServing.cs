using System.Runtime.CompilerServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Loads;
using Krewe.Grains.Silos;
using Krewe.Serving.Node;

namespace Krewe.Grains.Replicas;

/// <summary>What a replica of this silo does with a call, whether that came as a message or from this very process.</summary>
public sealed class ReplicaServing(
    IServingNode node, ReplicaRegistry registry, LocalLoads loads, LocalNode local, IClusterSnapshotSource views)
{
    private readonly string silo = local.Address.ToParsableString();

    /// <summary>
    /// Answers a call that has begun, and ends it; failures are in the reply. The request's own time limit is not looked at.
    /// </summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReplicaReply> InferAsync(ResidentReplica replica, InferenceRequest request, CancellationToken cancellationToken)
    {
        try
        {
            if (replica.IsLate && TryMove(replica))
            {
                return Reply(replica, new ReplicaFault(KreweErrorCode.Unavailable, "the silo is stopping", TimeSpan.Zero, true));
            }

            // A control call is answered by the version beside the replica's own.
            var version = request.Beside is null ? replica.Id.Model.Version : request.Model.Version.Number ?? replica.Id.Model.Version;
            var response = await node.InferAsync(request, version, cancellationToken);
            return new ReplicaReply { Response = response, Silo = silo, Replicas = registry.CountOf(replica.Id.Model) };
        }
        catch (Exception error)
        {
            // The host has logged what is unexpected.
            return Fail(replica, error, mayMove: !request.IsBackground && request.Beside is null);
        }
        finally
        {
            replica.End();
        }
    }

    /// <summary>Loads the version of a replica for a call that has begun, and ends it.</summary>
    public async Task<ReplicaReply> LoadAsync(ResidentReplica replica)
    {
        try
        {
            await loads.LoadAsync(replica.Id.Model, CancellationToken.None);
            return Reply(replica, null);
        }
        catch (Exception error)
        {
            return Fail(replica, error, mayMove: true);
        }
        finally
        {
            replica.End();
        }
    }

    /// <summary>What a replica says where it has no outputs.</summary>
    public ReplicaReply Reply(ResidentReplica replica, ReplicaFault? fault) =>
        new() { Fault = fault, Silo = silo, Replicas = registry.CountOf(replica.Id.Model) };

    /// <summary>
    /// Where this silo cannot serve the version and another could, the replica goes there, and the caller's next try with it. A caller
    /// of a version that is out everywhere has not seen that yet.
    /// </summary>
    private ReplicaReply Fail(ResidentReplica replica, Exception error, bool mayMove)
    {
        var (model, fault) = (replica.Id.Model, ReplicaFaults.Of(error));
        if (!ReplicaFaults.IsOfSilo(fault.Code))
        {
            return Reply(replica, fault);
        }

        return Reply(replica, loads.IsOut(model) ? fault with { IsStale = true }
            : mayMove && !registry.IsInMemory(model) ? fault with { TryElsewhere = TryMove(replica) }
            : fault);
    }

    private bool TryMove(ResidentReplica replica)
    {
        if (OtherNodes.Choose(views, replica.Id, local.Address) is not { } target)
        {
            return false;
        }

        views.Expect(replica.Id, target);
        replica.MoveTo(target);
        return true;
    }
}
