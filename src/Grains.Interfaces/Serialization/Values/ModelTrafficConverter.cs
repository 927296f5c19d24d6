using Krewe.Rollouts;

namespace Krewe.Grains.Interfaces;

/// <summary>What was decided about a model's traffic travels as it is stored.</summary>
[RegisterConverter]
internal sealed class ModelTrafficConverter : IConverter<ModelTraffic, ModelTrafficConverter.Surrogate>
{
    public ModelTraffic ConvertFromSurrogate(in Surrogate surrogate) => TrafficJson.ReadTraffic(surrogate.Json);

    public Surrogate ConvertToSurrogate(in ModelTraffic value) => new() { Json = TrafficJson.Write(value) };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public byte[] Json;
    }
}
