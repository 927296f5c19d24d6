namespace Krewe.Grains.Interfaces;

/// <summary>
/// The lot that decides between silos of equal right: the same in every process, and for another replica another silo wins.
/// </summary>
internal static class PlacementLot
{
    // FNV-1a over the replica's name, then the finishing steps of MurmurHash3, so that each bit depends on all.
    public static ulong Draw(ReplicaId replica, SiloAddress silo)
    {
        var hash = 14695981039346656037UL;
        foreach (var letter in replica.ToString())
        {
            hash = (hash ^ letter) * 1099511628211UL;
        }

        hash ^= (uint)silo.GetConsistentHashCode() * 0x9E3779B97F4A7C15UL;
        hash = (hash ^ (hash >> 33)) * 0xFF51AFD7ED558CCDUL;
        hash = (hash ^ (hash >> 33)) * 0xC4CEB9FE1A85EC53UL;
        return hash ^ (hash >> 33);
    }

    /// <summary>The silo with the lowest lot; null where there is none.</summary>
    public static SiloAddress? Pick(ReplicaId replica, IEnumerable<SiloAddress> silos) => silos.MinBy(silo => Draw(replica, silo));
}
