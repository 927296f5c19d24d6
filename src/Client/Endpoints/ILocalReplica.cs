using Krewe.Abstractions.Inference;
using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Client.Endpoints;

/// <summary>A replica of this very process, called as <see cref="IReplicaGrain"/> is, but for the message.</summary>
public interface ILocalReplica
{
    /// <summary>When a call last ended here, as a timestamp.</summary>
    long LastUsed { get; }

    /// <summary>Begins a call; false where the replica is going. The call is then to take the way of a message, which follows it.</summary>
    bool TryBegin();

    /// <summary>
    /// Answers a call that has begun, and ends it. Failures are in the reply. The request stays its caller's, is answered by this replica's
    /// version whatever it names, and its time limit is not looked at: the token ends the wait.
    /// </summary>
    ValueTask<ReplicaReply> InferAsync(InferenceRequest request, CancellationToken cancellationToken);
}

/// <summary>The replicas that live in this very process: a call of one needs no message. Only a silo that hosts models has it.</summary>
public interface ILocalReplicas
{
    /// <summary>The replica, where it lives here; null where it does not.</summary>
    ILocalReplica? Find(ReplicaId replica);
}
