namespace Krewe.Abstractions;

/// <summary>A model as a caller names it: its name, and the version asked for.</summary>
public readonly record struct ModelReference(ModelName Name, VersionSelector Version = default)
{
    /// <summary>Reads the two parts; see <see cref="ModelName.Parse"/> and <see cref="VersionSelector.Parse"/> for what throws.</summary>
    public static ModelReference Parse(string? name, string? version = null) => new(ModelName.Parse(name), VersionSelector.Parse(version));

    /// <inheritdoc/>
    public override string ToString() => Version.IsRouted ? Name.ToString() : $"{Name}/{Version}";
}
