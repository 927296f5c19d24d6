using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Client.Retrying;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Relaying;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Endpoints;

/// <summary>A way from this process to one replica, with the calls of <see cref="IReplicaGrain"/>.</summary>
public interface IReplicaChannel
{
    Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken);

    Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds);

    Task<ReplicaReply> LoadAsync();

    /// <summary>Whether the replica answers in time, whatever it says; false too when the token is cancelled.</summary>
    async Task<bool> AnswersAsync(TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await FindUnknownAsync([]).WaitAsync(patience, time, cancellationToken);
            return true;
        }
        catch (Exception error) when (LostCall.Is(error) || error is KreweException)
        {
            return false;
        }
    }
}

/// <summary>The usual way: this process calls the replica itself.</summary>
internal sealed class DirectChannel(IReplicaGrain grain) : IReplicaChannel
{
    public Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken) =>
        grain.InferAsync(request, callId, cancellationToken);

    public Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds) => grain.FindUnknownAsync(callIds);

    public Task<ReplicaReply> LoadAsync() => grain.LoadAsync();
}

/// <summary>The way round a broken link: another silo calls the replica for this process.</summary>
internal sealed class RelayedChannel(IRelayGrain relay, NodeSnapshot through, ReplicaId replica) : IReplicaChannel
{
    /// <summary>The silo that passes the calls on.</summary>
    public NodeSnapshot Through => through;

    public Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken) =>
        relay.InferAsync(replica, request, callId, cancellationToken);

    public Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds) => relay.FindUnknownAsync(replica, callIds);

    public Task<ReplicaReply> LoadAsync() => relay.LoadAsync(replica);
}
