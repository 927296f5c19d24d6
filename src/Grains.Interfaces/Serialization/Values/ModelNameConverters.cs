using Krewe.Abstractions.Models;

namespace Krewe.Grains.Interfaces.Serialization.Values;

/// <summary>Encodes a model's name as text, validated by the receiver.</summary>
[RegisterConverter]
internal sealed class ModelNameConverter : IConverter<ModelName, ModelNameConverter.Surrogate>
{
    public ModelName ConvertFromSurrogate(in Surrogate surrogate) =>
        surrogate.Value is null ? default : ModelName.Parse(surrogate.Value);

    public Surrogate ConvertToSurrogate(in ModelName value) =>
        new() { Value = value.Value };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public string? Value;
    }
}

/// <summary>Encodes a version as its number; 0 is the default value.</summary>
[RegisterConverter]
internal sealed class ModelVersionConverter : IConverter<ModelVersion, ModelVersionConverter.Surrogate>
{
    public ModelVersion ConvertFromSurrogate(in Surrogate surrogate) =>
        surrogate.Number == 0 ? default : new ModelVersion(surrogate.Number);

    public Surrogate ConvertToSurrogate(in ModelVersion value) =>
        new() { Number = value.Number };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public long Number;
    }
}

/// <summary>Encodes a model version as name and number.</summary>
[RegisterConverter]
internal sealed class ModelIdConverter : IConverter<ModelId, ModelIdConverter.Surrogate>
{
    public ModelId ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Name, surrogate.Version);

    public Surrogate ConvertToSurrogate(in ModelId value) =>
        new() { Name = value.Name, Version = value.Version };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public ModelName Name;
        [Id(1)] public ModelVersion Version;
    }
}

/// <summary>Encodes a caller's model reference as name and selector.</summary>
[RegisterConverter]
internal sealed class ModelReferenceConverter : IConverter<ModelReference, ModelReferenceConverter.Surrogate>
{
    public ModelReference ConvertFromSurrogate(in Surrogate surrogate) =>
        new(surrogate.Name, surrogate.Version);

    public Surrogate ConvertToSurrogate(in ModelReference value) =>
        new() { Name = value.Name, Version = value.Version };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public ModelName Name;
        [Id(1)] public VersionSelector Version;
    }
}

/// <summary>Encodes a version selector as a number, an alias, or neither.</summary>
[RegisterConverter]
internal sealed class VersionSelectorConverter : IConverter<VersionSelector, VersionSelectorConverter.Surrogate>
{
    public VersionSelector ConvertFromSurrogate(in Surrogate surrogate) =>
        surrogate.Number == 0 ? VersionSelector.Parse(surrogate.Alias) : VersionSelector.Of(new ModelVersion(surrogate.Number));

    public Surrogate ConvertToSurrogate(in VersionSelector value) =>
        new() { Number = value.Number?.Number ?? 0, Alias = value.Alias };

    [GenerateSerializer]
    internal struct Surrogate
    {
        [Id(0)] public long Number;
        [Id(1)] public string? Alias;
    }
}
