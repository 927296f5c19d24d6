using Krewe.Rollouts;

namespace Krewe.Grains.Interfaces;

/// <summary>A route travels as it is stored.</summary>
[RegisterConverter]
internal sealed class TrafficRouteConverter : IConverter<TrafficRoute, TrafficRouteConverter.Surrogate>
{
    public TrafficRoute ConvertFromSurrogate(in Surrogate surrogate) => TrafficJson.ReadRoute(surrogate.Json);

    public Surrogate ConvertToSurrogate(in TrafficRoute value) => new() { Json = TrafficJson.Write(value) };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public byte[] Json;
    }
}
