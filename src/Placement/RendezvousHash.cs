using Krewe.Grains.Interfaces.Replicas;

namespace Krewe.Placement;

/// <summary>
/// Weighted rendezvous hashing (highest random weight) over silos: the same choice in every process, minimal movement when silos change.
/// </summary>
internal static class RendezvousHash
{
    /// <summary>
    /// A silo's score, above 0; the lowest wins. Scores are exponentially distributed, so a score divided by the silo's weight wins in
    /// proportion to that weight.
    /// </summary>
    public static double Score(ReplicaId replica, SiloAddress silo) => -Math.Log(((Mix(replica, silo) >> 11) + 0.5) / (1UL << 53));

    /// <summary>The silo with the lowest score; null if there are none.</summary>
    public static SiloAddress? Pick(ReplicaId replica, IEnumerable<SiloAddress> silos) => silos.MinBy(silo => Score(replica, silo));

    // FNV-1a over the replica's name, then MurmurHash3's finalizer, so that each bit depends on all.
    private static ulong Mix(ReplicaId replica, SiloAddress silo)
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
}
