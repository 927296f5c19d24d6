namespace Krewe.Placement;

/// <summary>
/// How well a silo suits a replica; of two silos the one with the lower score is taken. Earlier members outweigh all later ones.
/// </summary>
/// <param name="Away">0 where the version is in memory, or on its way there, and no other replica of it uses it; else 1.</param>
/// <param name="TooLarge">1 where the version alone is above the silo's budget.</param>
/// <param name="Siblings">Other replicas of the version there.</param>
/// <param name="WithoutPreferred">1 where the execution provider it is better off with is missing.</param>
/// <param name="MustEvict">1 where something would have to leave for it, or the silo is as good as full.</param>
/// <param name="Fullness">How little room there is: in steps of bytes where it fits, as a share of the budget where it does not.</param>
/// <param name="Queue">How much waits in the silo's queues, in steps that double; counted only where it does not fit.</param>
/// <param name="Density">Versions in memory, or going to be, for a byte of the budget; counted only where it fits.</param>
/// <param name="Lot">Draws between equals, with chances as their budgets: the same for everybody, another for every replica.</param>
public readonly record struct ReplicaPlacementScore(
    int Away, int TooLarge, int Siblings, int WithoutPreferred, int MustEvict, long Fullness, int Queue, double Density, double Lot)
    : IComparable<ReplicaPlacementScore>
{
    public int CompareTo(ReplicaPlacementScore other) =>
        (Away, TooLarge, Siblings, WithoutPreferred, MustEvict, Fullness, (Queue, Density, Lot)).CompareTo(
            (other.Away, other.TooLarge, other.Siblings, other.WithoutPreferred, other.MustEvict, other.Fullness,
                (other.Queue, other.Density, other.Lot)));

    public static bool operator <(ReplicaPlacementScore left, ReplicaPlacementScore right) => left.CompareTo(right) < 0;

    public static bool operator >(ReplicaPlacementScore left, ReplicaPlacementScore right) => left.CompareTo(right) > 0;

    public static bool operator <=(ReplicaPlacementScore left, ReplicaPlacementScore right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ReplicaPlacementScore left, ReplicaPlacementScore right) => left.CompareTo(right) >= 0;
}
