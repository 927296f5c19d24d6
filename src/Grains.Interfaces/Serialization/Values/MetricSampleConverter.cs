using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A reading travels with its labels as names and values in turn.</summary>
[RegisterConverter]
internal sealed class MetricSampleConverter : IConverter<MetricSample, MetricSampleConverter.Surrogate>
{
    public MetricSample ConvertFromSurrogate(in Surrogate surrogate) =>
        new([.. surrogate.Labels.Chunk(2).Select(pair => KeyValuePair.Create(pair[0], pair[1]))], surrogate.Value, surrogate.Suffix);

    public Surrogate ConvertToSurrogate(in MetricSample value) =>
        new() { Labels = [.. value.Labels.SelectMany(label => (string[])[label.Key, label.Value])], Value = value.Value, Suffix = value.Suffix };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public string[] Labels;

        [Id(1)]
        public double Value;

        [Id(2)]
        public string Suffix;
    }
}
