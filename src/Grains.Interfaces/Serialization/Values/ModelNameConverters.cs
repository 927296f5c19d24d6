using Krewe.Abstractions.Models;

namespace Krewe.Grains.Interfaces.Serialization.Values;

/// <summary>A model's name travels as text and is checked where it arrives.</summary>
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

/// <summary>A version travels as its number; 0 is the default value.</summary>
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

/// <summary>A version of a model travels as name and number.</summary>
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

/// <summary>A model as a caller names it travels as name and version asked for.</summary>
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

/// <summary>What version is asked for travels as a number, as an alias, or as neither.</summary>
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
