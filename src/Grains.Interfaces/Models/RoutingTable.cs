using System.Collections.Immutable;

namespace Krewe.Grains.Interfaces.Models;

/// <summary>A snapshot of all routes.</summary>
/// <param name="Sequence">Grows with every change.</param>
/// <param name="Routes">By model.</param>
[GenerateSerializer, Immutable, Alias("krewe.routes")]
public sealed record RoutingTable([property: Id(0)] long Sequence, [property: Id(1)] ImmutableDictionary<string, ModelRoute> Routes)
{
    /// <summary>A table without decisions.</summary>
    public static RoutingTable Empty { get; } = new(-1, ImmutableDictionary<string, ModelRoute>.Empty);

    /// <summary>The table after a change.</summary>
    public RoutingTable With(RouteNews news) =>
        new(news.Sequence, news.Route.IsDefault ? Routes.Remove(news.Route.Model) : Routes.SetItem(news.Route.Model, news.Route));
}

/// <summary>One change of the routing table.</summary>
/// <param name="Before">The sequence of the table that it changes; a reader with another one reads the whole table.</param>
/// <param name="Sequence">The sequence of the table after the change.</param>
/// <param name="Route">The route; a default route is removed from the table.</param>
[GenerateSerializer, Immutable, Alias("krewe.route-news")]
public sealed record RouteNews([property: Id(0)] long Before, [property: Id(1)] long Sequence, [property: Id(2)] ModelRoute Route);

/// <summary>A subscriber of the routing table, and what it has applied.</summary>
/// <param name="Name">A member's address as <see cref="SiloAddress.ToParsableString"/> writes it; else a name unique to this
/// reader.</param>
/// <param name="IsMember">True for a cluster member, which is waited for while it is alive.</param>
/// <param name="Shown">The sequence of the table that new calls are routed by.</param>
/// <param name="Observer">Receives pushed changes for ten seconds after this read; null for none.</param>
[GenerateSerializer, Immutable, Alias("krewe.book-reader")]
public readonly record struct RouteSubscriber(
    [property: Id(0)] string Name, [property: Id(1)] bool IsMember, [property: Id(2)] long Shown,
    [property: Id(3)] IRouteObserver? Observer = null);

/// <summary>
/// Receives pushed route changes in any process that routes, members and external clients. A lost push is made up for by the next poll.
/// </summary>
[Alias("krewe.route-observer")]
public interface IRouteObserver : IGrainObserver
{
    /// <summary>A route has changed.</summary>
    [Alias("hear")]
    void Hear(RouteNews news);
}
