namespace Krewe.Abstractions;

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
