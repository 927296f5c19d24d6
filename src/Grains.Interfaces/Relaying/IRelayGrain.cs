using System.Collections.Immutable;
using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Replicas;
using Orleans.Concurrency;

namespace Krewe.Grains.Interfaces.Relaying;

/// <summary>
/// Relays calls for a process that cannot reach their silo, when this silo can. Its key is the silo's address as
/// <see cref="SiloAddress.ToParsableString"/> writes it, as with <see cref="INodeGrain"/>.
/// </summary>
[Alias("krewe.relay")]
public interface IRelayGrain : IGrainWithStringKey
{
    /// <inheritdoc cref="IReplicaGrain.InferAsync"/>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("infer")]
    Task<ReplicaReply> InferAsync(ReplicaId replica, InferenceRequest request, long callId, CancellationToken cancellationToken);

    /// <inheritdoc cref="IReplicaGrain.FindUnknownAsync"/>
    [AlwaysInterleave, ResponseTimeout("00:00:01"), Alias("unknown")]
    Task<ImmutableArray<long>> FindUnknownAsync(ReplicaId replica, ImmutableArray<long> callIds);

    /// <inheritdoc cref="IReplicaGrain.LoadAsync"/>
    [AlwaysInterleave, ResponseTimeout("01:00:00"), Alias("load")]
    Task<ReplicaReply> LoadAsync(ReplicaId replica);

    /// <inheritdoc cref="IRoutingTableGrain.ReadAsync(long, RouteSubscriber)"/>
    [AlwaysInterleave, Alias("routes")]
    Task<RoutingTable?> ReadRoutesAsync(long knownSequence, RouteSubscriber reader);
}
