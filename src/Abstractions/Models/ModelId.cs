namespace Krewe.Abstractions.Models;

/// <summary>One version of one model, written <c>name/version</c>.</summary>
public readonly record struct ModelId(ModelName Name, ModelVersion Version) : IComparable<ModelId>
{
    /// <inheritdoc/>
    public int CompareTo(ModelId other) =>
        Name.CompareTo(other.Name) is var byName && byName != 0 ? byName : Version.CompareTo(other.Version);

    /// <inheritdoc/>
    public override string ToString() => $"{Name}/{Version}";

    public static bool operator <(ModelId left, ModelId right) => left.CompareTo(right) < 0;

    public static bool operator >(ModelId left, ModelId right) => left.CompareTo(right) > 0;

    public static bool operator <=(ModelId left, ModelId right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ModelId left, ModelId right) => left.CompareTo(right) >= 0;
}

/// <summary>A model as named by a caller: its name and the requested version.</summary>
public readonly record struct ModelReference(ModelName Name, VersionSelector Version = default)
{
    /// <summary>Parses both parts; see <see cref="ModelName.Parse"/> and <see cref="VersionSelector.Parse"/> for errors.</summary>
    public static ModelReference Parse(string? name, string? version = null) => new(ModelName.Parse(name), VersionSelector.Parse(version));

    /// <inheritdoc/>
    public override string ToString() => Version.IsRouted ? Name.ToString() : $"{Name}/{Version}";
}
