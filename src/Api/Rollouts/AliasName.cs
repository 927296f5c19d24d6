using Krewe.Abstractions;

namespace Krewe.Api;

/// <summary>The name of an alias where only an alias can be meant; <see cref="VersionSelector.Parse"/> reads it where a version could be, too.</summary>
internal static class AliasName
{
    /// <summary>The name itself; what is none throws <see cref="KreweException"/>.</summary>
    public static string Parse(string? text)
    {
        var isAlias = text?.Length <= VersionSelector.MaxAliasLength && ModelName.TryParse(text, out _) && !text.All(char.IsAsciiDigit);
        return isAlias ? text! : throw KreweException.InvalidInput(
            $"'{ErrorText.Quote(text)}' is no alias: expected 1 to {VersionSelector.MaxAliasLength} letters, digits, '.', '_' or '-', the first one no dot and one at least no digit");
    }
}
