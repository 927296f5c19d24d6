namespace Krewe.Placement;

/// <summary>How well a silo suits a replica; lower is better. Earlier members outweigh all later ones.</summary>
/// <param name="Away">0 if the version is in memory or loading, and no other replica of it is there; else 1.</param>
/// <param name="TooLarge">1 if the version alone exceeds the silo's budget.</param>
/// <param name="Siblings">Other replicas of the version there.</param>
/// <param name="WithoutPreferred">1 if the preferred execution provider is missing.</param>
/// <param name="MustEvict">1 if another version would be evicted, or the silo is almost full.</param>
/// <param name="Fullness">How little memory is free: in steps of bytes if the version fits, else as a share of the budget.</param>
/// <param name="Queue">Queue depth, in steps that double; only if the version does not fit.</param>
/// <param name="Density">Versions in memory or loading, per byte of budget; only if the version fits.</param>
/// <param name="TieBreaker">Rendezvous hash weighted by budget: breaks ties, the same in every process, different for every
/// replica.</param>
public readonly record struct ReplicaPlacementScore(
    int Away, int TooLarge, int Siblings, int WithoutPreferred, int MustEvict, long Fullness, int Queue, double Density, double TieBreaker)
    : IComparable<ReplicaPlacementScore>
{
    public int CompareTo(ReplicaPlacementScore other) =>
        (Away, TooLarge, Siblings, WithoutPreferred, MustEvict, Fullness, (Queue, Density, TieBreaker)).CompareTo(
            (other.Away, other.TooLarge, other.Siblings, other.WithoutPreferred, other.MustEvict, other.Fullness,
                (other.Queue, other.Density, other.TieBreaker)));

    public static bool operator <(ReplicaPlacementScore left, ReplicaPlacementScore right) => left.CompareTo(right) < 0;

    public static bool operator >(ReplicaPlacementScore left, ReplicaPlacementScore right) => left.CompareTo(right) > 0;

    public static bool operator <=(ReplicaPlacementScore left, ReplicaPlacementScore right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ReplicaPlacementScore left, ReplicaPlacementScore right) => left.CompareTo(right) >= 0;
}
