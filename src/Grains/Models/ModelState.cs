using System.Collections.Immutable;
using Krewe.Grains.Interfaces;

namespace Krewe.Grains;

/// <summary>A route as it lies in the database: plain collections, which every serializer of a storage can write. Not changed in place.</summary>
[GenerateSerializer, Immutable, Alias("krewe.model-state")]
internal sealed class ModelState
{
    /// <summary>See <see cref="ModelRoute.Epoch"/>.</summary>
    [Id(0)]
    public long Epoch { get; init; }

    /// <summary>See <see cref="ModelRoute.Unloaded"/>.</summary>
    [Id(1)]
    public List<long> Unloaded { get; init; } = [];

    /// <summary>See <see cref="ModelRoute.Quarantined"/>.</summary>
    [Id(2)]
    public Dictionary<long, string> Quarantined { get; init; } = [];

    public static ModelState Of(ModelRoute route) => new()
    {
        Epoch = route.Epoch,
        Unloaded = [.. route.Unloaded],
        Quarantined = new Dictionary<long, string>(route.Quarantined),
    };

    public ModelRoute ToRoute(string model) => new()
    {
        Model = model,
        Epoch = Epoch,
        Unloaded = [.. Unloaded],
        Quarantined = Quarantined.ToImmutableDictionary(),
    };
}
