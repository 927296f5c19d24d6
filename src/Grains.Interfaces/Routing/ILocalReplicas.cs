namespace Krewe.Grains.Interfaces;

/// <summary>The replicas that live in this very process: a call of one needs no message. Only a silo that hosts models has it.</summary>
internal interface ILocalReplicas
{
    /// <summary>The replica, where it lives here; null where it does not.</summary>
    ILocalReplica? Find(ReplicaId replica);
}
