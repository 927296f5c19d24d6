namespace Krewe.Grains.Interfaces;

/// <summary>What this process knows of a replica.</summary>
internal enum ReplicaState
{
    /// <summary>Nothing speaks against calling it.</summary>
    Good,

    /// <summary>It answers again after a loss, and loads.</summary>
    Loading,

    /// <summary>A call to it was lost, and it has not answered since.</summary>
    Lost,
}
