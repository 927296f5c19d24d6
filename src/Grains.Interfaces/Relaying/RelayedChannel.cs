using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>The way round a broken link: another silo calls the replica for this process.</summary>
internal sealed class RelayedChannel(IRelayGrain relay, NodeView through, ReplicaId replica) : IReplicaChannel
{
    /// <summary>The silo that passes the calls on.</summary>
    public NodeView Through => through;

    public Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken) =>
        relay.InferAsync(replica, request, callId, cancellationToken);

    public Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds) => relay.FindUnknownAsync(replica, callIds);

    public Task<ReplicaReply> LoadAsync() => relay.LoadAsync(replica);
}
