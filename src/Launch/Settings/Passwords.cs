using System.Text.RegularExpressions;

namespace Krewe.Launch;

/// <summary>Keeps passwords out of what people and logs see.</summary>
internal static partial class Passwords
{
    /// <summary>The text with what looks like the password of a connection string left out.</summary>
    public static string Hide(string text) => InConnectionString.Replace(text, "$1=***");

    [GeneratedRegex(@"\b(password|pwd|passphrase)\s*=\s*(""[^""]*""|'[^']*'|[^;'""]*)", RegexOptions.IgnoreCase)]
    private static partial Regex InConnectionString { get; }
}
