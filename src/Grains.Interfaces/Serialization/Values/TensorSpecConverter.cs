using System.Collections.Immutable;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>A signature travels with its type as a stable number.</summary>
[RegisterConverter]
internal sealed class TensorSpecConverter : IConverter<TensorSpec, TensorSpecConverter.Surrogate>
{
    public TensorSpec ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Name, (TensorType)surrogate.Type, surrogate.Shape) { AnyRank = surrogate.AnyRank };

    public Surrogate ConvertToSurrogate(in TensorSpec value) =>
        new() { Name = value.Name, Type = (byte)value.Type, Shape = value.Shape, AnyRank = value.AnyRank };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)]
        public string Name;

        [Id(1)]
        public byte Type;

        [Id(2)]
        public ImmutableArray<long> Shape;

        [Id(3)]
        public bool AnyRank;
    }
}
