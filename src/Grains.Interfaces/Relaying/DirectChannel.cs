using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>The usual way: this process calls the replica itself.</summary>
internal sealed class DirectChannel(IReplicaGrain grain) : IReplicaChannel
{
    public Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken) =>
        grain.InferAsync(request, callId, cancellationToken);

    public Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds) => grain.FindUnknownAsync(callIds);

    public Task<ReplicaReply> LoadAsync() => grain.LoadAsync();
}
