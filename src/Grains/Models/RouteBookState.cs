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

    /// <summary>By model; only those about which something is decided. Their traffic is in <see cref="Traffic"/>.</summary>
    [Id(1)]
    public Dictionary<string, ModelState> Routes { get; init; } = [];

    /// <summary>By model; only those about whose traffic something is decided.</summary>
    [Id(2)]
    public Dictionary<string, BookedRoute> Traffic { get; init; } = [];

    /// <summary>The book with a route taken in; this one where it says nothing new.</summary>
    public RouteBookState With(ModelRoute route)
    {
        var known = Routes.GetValueOrDefault(route.Model);
        if (known is null ? route.IsDefault : known.Epoch >= route.Epoch)
        {
            return this;
        }

        return new RouteBookState
        {
            Sequence = Sequence + 1,
            Routes = With(Routes, route.Model, route.IsDefault ? null : new ModelState().With(route)),
            Traffic = With(Traffic, route.Model, BookedRoute.Of(route)),
        };
    }

    /// <summary>The book; routes that are those of a former one are taken from there.</summary>
    public RouteBook ToBook(RouteBookState? former, RouteBook book) =>
        new(Sequence, Routes.ToImmutableDictionary(pair => pair.Key, pair => ToRoute(pair.Key, pair.Value, former, book)));

    private ModelRoute ToRoute(string model, ModelState state, RouteBookState? former, RouteBook book) =>
        former is not null && ReferenceEquals(former.Routes.GetValueOrDefault(model), state) && book.Routes.TryGetValue(model, out var known) ? known
        : Traffic.TryGetValue(model, out var traffic) ? traffic.AddTo(state.ToRoute(model))
        : state.ToRoute(model);

    private static Dictionary<string, T> With<T>(Dictionary<string, T> entries, string model, T? entry)
        where T : class
    {
        var changed = new Dictionary<string, T>(entries);
        if (entry is null)
        {
            changed.Remove(model);
        }
        else
        {
            changed[model] = entry;
        }

        return changed;
    }
}
