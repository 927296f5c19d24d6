using System.Buffers;
using System.Diagnostics.CodeAnalysis;
using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Models;

/// <summary>
/// The name of a model: 1 to 128 ASCII letters, digits, '.', '_' or '-', not starting with a dot. Safe as a folder name, a URL segment and
/// a metric label.
/// </summary>
public readonly record struct ModelName : IComparable<ModelName>
{
    /// <summary>The maximum length, in characters.</summary>
    public const int MaxLength = 128;

    private ModelName(string value) => Value = value;

    /// <summary>The name as written.</summary>
    public string Value { get; }

    /// <summary>
    /// Parses a name; throws <see cref="KreweException"/> with <see cref="KreweErrorCode.InvalidInput"/> if it is invalid.
    /// </summary>
    public static ModelName Parse(string? text) => TryParse(text, out var name)
        ? name
        : throw KreweException.InvalidInput(
            $"'{ErrorText.Quote(text)}' is not a model name: expected 1 to {MaxLength} letters, digits, '.', '_' or '-', not starting "
                + "with a dot");

    /// <summary>Parses a name; false if it is invalid.</summary>
    public static bool TryParse([NotNullWhen(true)] string? text, out ModelName name)
    {
        var valid = text is { Length: > 0 and <= MaxLength } && text[0] != '.' && !text.AsSpan().ContainsAnyExcept(NameCharacters.Allowed);
        name = valid ? new ModelName(text!) : default;
        return valid;
    }

    /// <inheritdoc/>
    public int CompareTo(ModelName other) => string.CompareOrdinal(Value, other.Value);

    /// <inheritdoc/>
    public override string ToString() => Value ?? "";

    public static bool operator <(ModelName left, ModelName right) => left.CompareTo(right) < 0;

    public static bool operator >(ModelName left, ModelName right) => left.CompareTo(right) > 0;

    public static bool operator <=(ModelName left, ModelName right) => left.CompareTo(right) <= 0;

    public static bool operator >=(ModelName left, ModelName right) => left.CompareTo(right) >= 0;
}

internal static class NameCharacters
{
    public static readonly SearchValues<char> Allowed =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789._-");
}
