using System.Runtime.CompilerServices;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Loads;
using Krewe.Grains.Silos;
using Krewe.Serving.Node;

namespace Krewe.Grains.Replicas;

/// <summary>Answers calls to a local replica, from messages and from this process alike.</summary>
public sealed class ReplicaServing(
    IServingNode node, ReplicaRegistry registry, LocalLoads loads, LocalNode local, IClusterSnapshotSource snapshots)
{
    private readonly string silo = local.Address.ToParsableString();

    /// <summary>Answers a call that has begun, and ends it; failures are in the reply.</summary>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<ReplicaReply> InferAsync(ResidentReplica replica, InferenceCall call)
    {
        try
        {
            if (replica.IsLate && TryMove(replica))
            {
                return Reply(replica, new ReplicaFault(KreweErrorCode.Unavailable, "the silo is stopping", TimeSpan.Zero, true));
            }

            var response = await node.InferAsync(call);
            return new ReplicaReply { Response = response, Silo = silo, Replicas = registry.CountOf(replica.Id.Model) };
        }
        catch (Exception error)
        {
            // The host has logged what is unexpected.
            return Fail(replica, error, mayMove: !call.IsOnce);
        }
        finally
        {
            replica.End();
        }
    }

    /// <summary>Loads a replica's version for a begun call and ends the call.</summary>
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

    /// <summary>A reply without outputs.</summary>
    public ReplicaReply Reply(ResidentReplica replica, ReplicaFault? fault) =>
        new() { Fault = fault, Silo = silo, Replicas = registry.CountOf(replica.Id.Model) };

    /// <summary>
    /// If this silo cannot serve the version and another can, the replica moves there, and the caller retries. A call to a version that
    /// every silo excludes came from a stale route.
    /// </summary>
    private ReplicaReply Fail(ResidentReplica replica, Exception error, bool mayMove)
    {
        var (model, fault) = (replica.Id.Model, ReplicaFaults.Of(error));
        if (!ReplicaFaults.IsSiloSpecific(fault.Code))
        {
            return Reply(replica, fault);
        }

        return Reply(replica, loads.IsExcluded(model) ? fault with { IsStale = true }
            : mayMove && !registry.IsInMemory(model) ? fault with { TryElsewhere = TryMove(replica) }
            : fault);
    }

    private bool TryMove(ResidentReplica replica)
    {
        if (OtherNodes.Choose(snapshots, replica.Id, local.Address) is not { } target)
        {
            return false;
        }

        snapshots.Expect(replica.Id, target);
        replica.MoveTo(target);
        return true;
    }
}
