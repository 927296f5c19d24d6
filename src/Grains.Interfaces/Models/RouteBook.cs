using System.Collections.Immutable;

namespace Krewe.Grains.Interfaces;

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
