using Krewe.Abstractions.Errors;

namespace Krewe.Abstractions.Models;

/// <summary>Which version a caller asks for: a number, an alias, or (the default value) whatever the model's route says.</summary>
public readonly record struct VersionSelector
{
    /// <summary>The longest alias, in characters.</summary>
    public const int MaxAliasLength = 64;

    private VersionSelector(ModelVersion? number, string? alias) => (Number, Alias) = (number, alias);

    /// <summary>The number asked for, if a number was.</summary>
    public ModelVersion? Number { get; }

    /// <summary>The alias asked for, if an alias was.</summary>
    public string? Alias { get; }

    /// <summary>True where the caller leaves the choice to the model's route.</summary>
    public bool IsRouted => Number is null && Alias is null;

    /// <summary>Asks for one version.</summary>
    public static VersionSelector Of(ModelVersion version) => new(version, null);

    /// <summary>
    /// Reads a version number or an alias (the characters of a model name, at least one of them no digit); null or empty leaves
    /// the choice to the route; anything else throws <see cref="KreweException"/> with <see cref="KreweErrorCode.InvalidInput"/>.
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
            $"'{ErrorText.Quote(text)}' is no model version: expected a positive integer without leading zeros{most}, or an "
                + $"alias{longest}");
    }

    /// <inheritdoc/>
    public override string ToString() => Number?.ToString() ?? Alias ?? "";
}
