using System.Collections.Immutable;
using Krewe.Abstractions.Errors;
using Krewe.Client.Monitoring;
using Krewe.Client.Retrying;
using Krewe.Grains.Interfaces.Relaying;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Endpoints;

/// <summary>The path of calls from this process to one replica: direct, or relayed by another silo around a broken link.</summary>
public sealed class ReplicaChannel(ReplicaId replica, IReplicaGrain grain, IRelayGrain? relay = null, NodeSnapshot? through = null)
{
    private long answeredAt;

    public IReplicaGrain Grain => grain;

    /// <summary>Relays calls; null for the direct channel.</summary>
    public IRelayGrain? Relay => relay;

    /// <summary>The silo that relays calls; null for the direct channel.</summary>
    public NodeSnapshot? Through => through;

    /// <summary>When a call's reply last came over this channel, as a timestamp.</summary>
    public long AnsweredAt
    {
        get => Volatile.Read(ref answeredAt);
        set => Volatile.Write(ref answeredAt, value);
    }

    /// <inheritdoc cref="IReplicaGrain.FindUnknownAsync"/>
    public Task<ImmutableArray<long>> FindUnknownAsync(ImmutableArray<long> callIds) =>
        relay is null ? grain.FindUnknownAsync(callIds) : relay.FindUnknownAsync(replica, callIds);

    /// <inheritdoc cref="IReplicaGrain.LoadAsync"/>
    public Task<ReplicaReply> LoadAsync() => relay is null ? grain.LoadAsync() : relay.LoadAsync(replica);

    /// <summary>True if the replica answers in time, with anything; false if cancelled.</summary>
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
