using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Models;

/// <summary>
/// The version that a caller asks for: a number, an alias, or (the default value) the version that the model's route selects.
/// </summary>
public readonly record struct VersionSelector
{
    /// <summary>The maximum length of an alias, in characters.</summary>
    public const int MaxAliasLength = 64;

    private VersionSelector(ModelVersion? number, string? alias) => (Number, Alias) = (number, alias);

    /// <summary>The requested number, if any.</summary>
    public ModelVersion? Number { get; }

    /// <summary>The requested alias, if any.</summary>
    public string? Alias { get; }

    /// <summary>True if the model's route selects the version.</summary>
    public bool IsRouted => Number is null && Alias is null;

    /// <summary>Selects one version.</summary>
    public static VersionSelector Of(ModelVersion version) => new(version, null);

    /// <summary>
    /// Parses a version number or an alias (the characters of a model name, not all of them digits); null or empty selects by route.
    /// Anything else throws <see cref="KreweException"/> with <see cref="KreweErrorCode.InvalidInput"/>.
    /// </summary>
    public static VersionSelector Parse(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return default;
        }

        if (ModelVersion.TryParse(text, out var version))
        {
            return Of(version);
        }

        var isNumber = text.All(char.IsAsciiDigit);
        if (!isNumber && text.Length <= MaxAliasLength && ModelName.TryParse(text, out _))
        {
            return new VersionSelector(null, text);
        }

        var most = isNumber && text[0] != '0' ? $" of at most {long.MaxValue}" : "";
        var longest = text.Length > MaxAliasLength ? $" of at most {MaxAliasLength} characters" : "";
        throw KreweException.InvalidInput(
            $"'{ErrorText.Quote(text)}' is not a model version: expected a positive integer without leading zeros{most}, or an "
                + $"alias{longest}");
    }

    /// <inheritdoc/>
    public override string ToString() => Number?.ToString() ?? Alias ?? "";
}
