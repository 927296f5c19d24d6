using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Endpoints;

/// <summary>A replica in this process, called like <see cref="IReplicaGrain"/> but without a message.</summary>
public interface ILocalReplica
{
    /// <summary>When a call last ended here, as a timestamp.</summary>
    long LastUsed { get; }

    /// <summary>Begins a call; false if the replica is leaving, and the call must go as a message, which follows it.</summary>
    bool TryBegin();

    /// <summary>
    /// Answers a begun call and ends it; a failure is in the reply. The caller keeps ownership of the request and applies its timeout
    /// through the token. The replica's version answers, whatever version the request names.
    /// </summary>
    ValueTask<ReplicaReply> InferAsync(InferenceRequest request, CancellationToken cancellationToken);
}

/// <summary>The replicas in this process, which are called without a message. Registered only in silos that host models.</summary>
public interface ILocalReplicas
{
    /// <summary>The replica if it is in this process; else null.</summary>
    ILocalReplica? Find(ReplicaId replica);
}
