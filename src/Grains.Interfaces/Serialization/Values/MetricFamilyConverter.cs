using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A metric travels with its kind as a stable number and its readings as an array.</summary>
[RegisterConverter]
internal sealed class MetricFamilyConverter : IConverter<MetricFamily, MetricFamilyConverter.Surrogate>
{
    public MetricFamily ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Name, surrogate.Help, (MetricKind)surrogate.Kind, surrogate.Samples);

    public Surrogate ConvertToSurrogate(in MetricFamily value) =>
        new() { Name = value.Name, Help = value.Help, Kind = (int)value.Kind, Samples = [.. value.Samples] };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public string Name;

        [Id(1)]
        public string Help;

        [Id(2)]
        public int Kind;

        [Id(3)]
        public MetricSample[] Samples;
    }
}
