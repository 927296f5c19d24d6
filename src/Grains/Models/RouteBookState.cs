using System.Collections.Immutable;
using Krewe.Grains.Interfaces;

namespace Krewe.Grains;

/// <summary>The route book as it lies in the database. Not changed in place.</summary>
[GenerateSerializer, Immutable, Alias("krewe.route-book-state")]
internal sealed class RouteBookState
{
    /// <summary>Grows with every change.</summary>
    [Id(0)]
    public long Sequence { get; init; }

    /// <summary>By model; only those about which something is decided.</summary>
    [Id(1)]
    public Dictionary<string, ModelState> Routes { get; init; } = [];

    /// <summary>The book with a route taken in; this one where it says nothing new.</summary>
    public RouteBookState With(ModelRoute route)
    {
        var known = Routes.GetValueOrDefault(route.Model);
        var isDefault = route.Unloaded.IsEmpty && route.Quarantined.IsEmpty;
        if (known is null ? isDefault : known.Epoch >= route.Epoch)
        {
            return this;
        }

        var routes = new Dictionary<string, ModelState>(Routes);
        if (isDefault)
        {
            routes.Remove(route.Model);
        }
        else
        {
            routes[route.Model] = ModelState.Of(route);
        }

        return new RouteBookState { Sequence = Sequence + 1, Routes = routes };
    }

    public RouteBook ToBook() => new(Sequence, Routes.ToImmutableDictionary(pair => pair.Key, pair => pair.Value.ToRoute(pair.Key)));
}
