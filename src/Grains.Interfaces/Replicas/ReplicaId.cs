using System.Globalization;
using Krewe.Abstractions;

namespace Krewe.Grains.Interfaces;

/// <summary>Names one replica: a version, and the replica's index from 0. Written <c>model/version/index</c>, the key of its grain.</summary>
[GenerateSerializer, Immutable, Alias("krewe.replica-id")]
public readonly record struct ReplicaId([property: Id(0)] ModelId Model, [property: Id(1)] int Index)
{
    /// <summary>Reads a grain's key; throws <see cref="FormatException"/> where it is none.</summary>
    public static ReplicaId Parse(string key)
    {
        var end = key.LastIndexOf('/');
        return end > 0 && int.TryParse(key.AsSpan(end + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            ? new ReplicaId(ModelKey.Parse(key[..end]), index)
            : throw new FormatException($"'{ErrorText.Quote(key)}' is no replica: expected model/version/index");
    }

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"{Model}/{Index}");
}
