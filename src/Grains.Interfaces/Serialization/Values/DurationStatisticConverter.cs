using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A counter with its time travels as two numbers.</summary>
[RegisterConverter]
internal sealed class DurationStatisticConverter : IConverter<DurationStatistic, DurationStatisticConverter.Surrogate>
{
    public DurationStatistic ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Count, surrogate.TotalNanoseconds);

    public Surrogate ConvertToSurrogate(in DurationStatistic value) =>
        new() { Count = value.Count, TotalNanoseconds = value.TotalNanoseconds };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public long Count;

        [Id(1)]
        public long TotalNanoseconds;
    }
}
