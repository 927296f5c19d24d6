using System.Collections.Immutable;

namespace Krewe.Grains.Interfaces.Models;

/// <summary>The routes at one moment.</summary>
/// <param name="Sequence">Grows with every change.</param>
/// <param name="Routes">By model.</param>
[GenerateSerializer, Immutable, Alias("krewe.routes")]
public sealed record RouteBook([property: Id(0)] long Sequence, [property: Id(1)] ImmutableDictionary<string, ModelRoute> Routes)
{
    /// <summary>Nothing was decided.</summary>
    public static RouteBook Empty { get; } = new(-1, ImmutableDictionary<string, ModelRoute>.Empty);

    /// <summary>The book after a change of this one.</summary>
    public RouteBook With(RouteNews news) =>
        new(news.Sequence, news.Route.IsDefault ? Routes.Remove(news.Route.Model) : Routes.SetItem(news.Route.Model, news.Route));
}

/// <summary>One change of the route book.</summary>
/// <param name="Before">The sequence of the book that it changes; whoever has another one reads the whole book.</param>
/// <param name="Sequence">The sequence of the book with it.</param>
/// <param name="Route">The route, which leaves the book where it is the default.</param>
[GenerateSerializer, Immutable, Alias("krewe.route-news")]
public sealed record RouteNews([property: Id(0)] long Before, [property: Id(1)] long Sequence, [property: Id(2)] ModelRoute Route);

/// <summary>Who reads the route book, and what he goes by.</summary>
/// <param name="Name">A member's address as <see cref="SiloAddress.ToParsableString"/> writes it; else a name that only this reader
/// has.</param>
/// <param name="IsMember">True for a member of the cluster, which is waited for as long as it is alive.</param>
/// <param name="Shown">The sequence of the book by which he routes calls that begin now.</param>
/// <param name="Observer">Whom to push changes to, for ten seconds from this read; null for nobody.</param>
[GenerateSerializer, Immutable, Alias("krewe.book-reader")]
public readonly record struct BookReader(
    [property: Id(0)] string Name, [property: Id(1)] bool IsMember, [property: Id(2)] long Shown,
    [property: Id(3)] IRouteObserver? Observer = null);

/// <summary>
/// Hears of changes of routes, in any process that routes: members and clients outside. What is lost is read at the next look.
/// </summary>
[Alias("krewe.route-observer")]
public interface IRouteObserver : IGrainObserver
{
    /// <summary>A route has changed.</summary>
    [Alias("hear")]
    void Hear(RouteNews news);
}
