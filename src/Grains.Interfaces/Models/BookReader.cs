namespace Krewe.Grains.Interfaces;

/// <summary>Who reads the route book, and what he goes by.</summary>
/// <param name="Name">A member's address as <see cref="SiloAddress.ToParsableString"/> writes it; else a name that only this reader has.</param>
/// <param name="IsMember">True for a member of the cluster, which is waited for as long as it is alive.</param>
/// <param name="Shown">The sequence of the book by which he routes calls that begin now.</param>
/// <param name="Observer">Whom to push changes to, for ten seconds from this read; null for nobody.</param>
[GenerateSerializer, Immutable, Alias("krewe.book-reader")]
public readonly record struct BookReader(
    [property: Id(0)] string Name, [property: Id(1)] bool IsMember, [property: Id(2)] long Shown, [property: Id(3)] IRouteObserver? Observer = null);
