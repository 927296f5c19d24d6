using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Krewe.Abstractions.Models;

/// <summary>The number of an immutable model version: an integer from 1 to 2^63-1, written without sign or leading zeros.</summary>
public readonly record struct ModelVersion : IComparable<ModelVersion>
{
    /// <summary>Creates a version; the number must be positive.</summary>
    public ModelVersion(long number)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(number);
        Number = number;
    }

    /// <summary>The number; 0 only in <c>default</c>, which is not a valid version.</summary>
    public long Number { get; }

    /// <summary>Parses a version number; false if it is invalid.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ModelVersion version)
    {
        var valid = long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && text![0] != '0';
        version = valid ? new ModelVersion(number) : default;
        return valid;
    }

    /// <inheritdoc/>
    public int CompareTo(ModelVersion other) => Number.CompareTo(other.Number);

    /// <inheritdoc/>
    public override string ToString() => Number.ToString(CultureInfo.InvariantCulture);

    public static bool operator <(ModelVersion left, ModelVersion right) => left.Number < right.Number;

    public static bool operator >(ModelVersion left, ModelVersion right) => left.Number > right.Number;

    public static bool operator <=(ModelVersion left, ModelVersion right) => left.Number <= right.Number;

    public static bool operator >=(ModelVersion left, ModelVersion right) => left.Number >= right.Number;
}
