using System.Collections.Immutable;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Storage;

namespace Krewe.Grains.Decisions;

/// <summary>
/// The stored form of the decisions about a model: plain collections, which every storage serializer can write. Immutable after it is read.
/// </summary>
[GenerateSerializer, Immutable, Alias("krewe.model-state")]
internal sealed class ModelState
{
    /// <summary>The state's name in a model grain's storage. The routing table reads it there too.</summary>
    public const string StorageName = "route";

    [NonSerialized]
    private ModelTraffic? traffic;

    /// <summary>See <see cref="ModelRoute.Epoch"/>.</summary>
    [Id(0), JsonPropertyName("epoch")]
    public long Epoch { get; init; }

    /// <summary>See <see cref="ModelRoute.Unloaded"/>.</summary>
    [Id(1), JsonPropertyName("unloaded")]
    public List<long> Unloaded { get; init; } = [];

    /// <summary>See <see cref="ModelRoute.Quarantined"/>.</summary>
    [Id(2), JsonPropertyName("quarantined")]
    public Dictionary<long, string> Quarantined { get; init; } = [];

    /// <summary>The <see cref="ModelTraffic"/> as <see cref="TrafficJson"/> writes it; null if nothing was decided about traffic.</summary>
    [Id(3), JsonPropertyName("traffic")]
    public byte[]? Traffic { get; init; }

    /// <summary>See <see cref="ModelRoute.Closed"/>.</summary>
    [Id(4), JsonPropertyName("closed")]
    public List<long> Closed { get; init; } = [];

    /// <summary>See <see cref="ModelRoute.Refused"/>.</summary>
    [Id(5), JsonPropertyName("refused")]
    public List<RefusedInput> Refused { get; init; } = [];

    public ModelTraffic ReadTraffic() => traffic ??= Traffic is null ? ModelTraffic.None : TrafficJson.ReadTraffic(Traffic);

    /// <summary>The next state, with everything but the traffic taken from a route.</summary>
    public ModelState With(ModelRoute route) => new()
    {
        Epoch = route.Epoch,
        Unloaded = [.. route.Unloaded],
        Quarantined = new Dictionary<long, string>(route.Quarantined),
        Traffic = Traffic,
        Closed = [.. route.Closed],
        Refused = [.. route.Refused],
        traffic = traffic,
    };

    /// <summary>The next state, with other traffic. The epoch grows only if routers need to know of the change.</summary>
    public ModelState With(ModelTraffic next) => new()
    {
        Epoch = Epoch + (
            next.Revision == ReadTraffic().Revision && TrafficRoute.Of(next).Rollout == TrafficRoute.Of(ReadTraffic()).Rollout ? 0 : 1),
        Unloaded = Unloaded,
        Quarantined = Quarantined,
        Traffic = TrafficJson.Write(next),
        Closed = [.. Closed.Where(version => next.Retired.Any(retired => retired.Number == version))],
        Refused = Refused,
        traffic = next,
    };

    public ModelRoute ToRoute(string model)
    {
        var (known, route) = (ReadTraffic(), TrafficRoute.Of(ReadTraffic()));
        return new ModelRoute
        {
            Model = model,
            Epoch = Epoch,
            Unloaded = [.. Unloaded],
            Quarantined = Quarantined.ToImmutableDictionary(),
            Traffic = route.IsDefault ? null : route,
            Held = [.. known.KeptWarm.Select(version => version.Number)],
            Closed = [.. Closed],
            Refused = [.. Refused],
        };
    }
}
