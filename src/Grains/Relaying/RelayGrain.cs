using System.Collections.Immutable;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Relaying;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Serialization.Messages;
using Krewe.Placement;

namespace Krewe.Grains.Relaying;

/// <summary>Relays calls from this silo to one that the caller cannot reach.</summary>
[GrainType("krewe.relay"), NodePlacement, Orleans.Placement.Immovable]
internal sealed class RelayGrain(IGrainFactory grains) : IRelayGrain
{
    public async Task<ReplicaReply> InferAsync(
        ReplicaId replica, InferenceRequest request, long callId, CancellationToken cancellationToken)
    {
        // A replica on this silo gets the request by reference and may dispose it, so it gets a lease of its own.
        var passed = request.Forward(request.Model, request.Timeout) ?? throw new ObjectDisposedException(nameof(InferenceRequest));
        var reply = await Replica(replica).InferAsync(passed, callId, cancellationToken);

        // Not after a failure: the message may still be queued, so its memory is left to the garbage collector.
        passed.Dispose();
        ReceivedMemory.Release(request);
        return reply;
    }

    public Task<ImmutableArray<long>> FindUnknownAsync(ReplicaId replica, ImmutableArray<long> callIds) =>
        Replica(replica).FindUnknownAsync(callIds);

    public Task<ReplicaReply> LoadAsync(ReplicaId replica) => Replica(replica).LoadAsync();

    public Task<RoutingTable?> ReadRoutesAsync(long knownSequence, RouteSubscriber reader) =>
        grains.GetGrain<IRoutingTableGrain>(IRoutingTableGrain.Key).ReadAsync(knownSequence, reader);

    private IReplicaGrain Replica(ReplicaId replica) => grains.GetGrain<IReplicaGrain>(replica.ToString());
}
