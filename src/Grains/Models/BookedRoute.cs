using Krewe.Grains.Interfaces;
using Krewe.Rollouts;

namespace Krewe.Grains;

/// <summary>What the route book keeps of a model's traffic. Not changed in place.</summary>
[GenerateSerializer, Immutable, Alias("krewe.booked-route")]
internal sealed class BookedRoute
{
    /// <summary>The <see cref="TrafficRoute"/> as <see cref="TrafficJson"/> writes it; null for none.</summary>
    [Id(0)]
    public byte[]? Traffic { get; init; }

    /// <summary>See <see cref="ModelRoute.Held"/>.</summary>
    [Id(1)]
    public List<long> Held { get; init; } = [];

    /// <summary>See <see cref="ModelRoute.Closed"/>.</summary>
    [Id(2)]
    public List<long> Closed { get; init; } = [];

    /// <summary>Null for a route without traffic.</summary>
    public static BookedRoute? Of(ModelRoute route) => route.Traffic is null && route.Held.IsEmpty && route.Closed.IsEmpty ? null : new()
    {
        Traffic = route.Traffic is { } traffic ? TrafficJson.Write(traffic) : null,
        Held = [.. route.Held],
        Closed = [.. route.Closed],
    };

    public ModelRoute AddTo(ModelRoute route) => route with
    {
        Traffic = Traffic is null ? null : TrafficJson.ReadRoute(Traffic),
        Held = [.. Held],
        Closed = [.. Closed],
    };
}
