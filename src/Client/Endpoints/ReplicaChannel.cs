using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Inference;
using Krewe.Client.Retrying;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Relaying;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Endpoints;

/// <summary>A channel from this process to one replica, with the calls of <see cref="IReplicaGrain"/>.</summary>
public abstract class ReplicaChannel
{
    private long answeredAt;

    /// <summary>When a reply last arrived over this channel, as a timestamp.</summary>
    public long AnsweredAt
    {
        get => Volatile.Read(ref answeredAt);
        set => Volatile.Write(ref answeredAt, value);
    }

    public abstract Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken);

    public abstract Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds);

    public abstract Task<ReplicaReply> LoadAsync();

    /// <summary>Probes the replica: true if it answers in time, even with an error; false also if cancelled.</summary>
    public async Task<bool> AnswersAsync(TimeSpan timeout, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            await FindUnknownAsync([]).WaitAsync(timeout, time, cancellationToken);
            return true;
        }
        catch (Exception error) when (LostCall.Is(error) || error is KreweException)
        {
            return false;
        }
    }
}

/// <summary>The default channel: this process calls the replica itself.</summary>
internal sealed class DirectChannel(IReplicaGrain grain) : ReplicaChannel
{
    public override Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken) =>
        grain.InferAsync(request, callId, cancellationToken);

    public override Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds) => grain.FindUnknownAsync(callIds);

    public override Task<ReplicaReply> LoadAsync() => grain.LoadAsync();
}

/// <summary>The channel around a broken link: another silo relays the calls.</summary>
internal sealed class RelayedChannel(IRelayGrain relay, NodeSnapshot through, ReplicaId replica) : ReplicaChannel
{
    /// <summary>The relaying silo.</summary>
    public NodeSnapshot Through => through;

    public override Task<ReplicaReply> InferAsync(InferenceRequest request, long callId, CancellationToken cancellationToken) =>
        relay.InferAsync(replica, request, callId, cancellationToken);

    public override Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds) => relay.FindUnknownAsync(replica, callIds);

    public override Task<ReplicaReply> LoadAsync() => relay.LoadAsync(replica);
}
