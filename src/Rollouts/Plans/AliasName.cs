using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.Plans;

/// <summary>The name of an alias, as <see cref="VersionSelector.Parse"/> accepts it.</summary>
public static class AliasName
{
    /// <summary>
    /// Parses a name; anything else, including a version number, throws <see cref="KreweException"/> with
    /// <see cref="KreweErrorCode.InvalidInput"/>.
    /// </summary>
    public static string Parse(string? text)
    {
        var isAlias = text is { Length: > 0 and <= VersionSelector.MaxAliasLength } && ModelName.TryParse(text, out _) && !text.All(
            char.IsAsciiDigit);
        return isAlias
            ? text!
            : throw KreweException.InvalidInput(
                $"'{ErrorText.Quote(text)}' is not an alias: expected 1 to {VersionSelector.MaxAliasLength} letters, digits, '.', '_' or "
                    + "'-', not starting with a dot, at least one of them not a digit");
    }
}
