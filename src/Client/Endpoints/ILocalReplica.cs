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
    /// Answers a call that has begun, and ends it. Failures are in the reply. The request stays its caller's.
    /// </summary>
    ValueTask<ReplicaReply> InferAsync(InferenceCall call);
}

/// <summary>The replicas in this process, which are called without a message. Registered only in silos that host models.</summary>
public interface ILocalReplicas
{
    /// <summary>The replica if it is in this process; else null.</summary>
    ILocalReplica? Find(ReplicaId replica);
}
