using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Models;

namespace Krewe.Rollouts.Plans;

/// <summary>The name of an alias: what <see cref="VersionSelector.Parse"/> takes for one.</summary>
public static class AliasName
{
    /// <summary>
    /// Reads a name; anything else, a version number too, throws <see cref="KreweException"/> with
    /// <see cref="KreweErrorCode.InvalidInput"/>.
    /// </summary>
    public static string Parse(string? text)
    {
        var isAlias = text is { Length: > 0 and <= VersionSelector.MaxAliasLength } && ModelName.TryParse(text, out _) && !text.All(
            char.IsAsciiDigit);
        return isAlias
            ? text!
            : throw KreweException.InvalidInput(
                $"'{ErrorText.Quote(text)}' is no alias: expected 1 to {VersionSelector.MaxAliasLength} letters, digits, '.', '_' or '-', "
                    + "the first one no dot, at least one of them no digit");
    }
}
