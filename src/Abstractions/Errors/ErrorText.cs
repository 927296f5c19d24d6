using System.Text;

namespace Krewe.Abstractions.Errors;

/// <summary>What of a caller's text may be repeated in an error message.</summary>
public static class ErrorText
{
    /// <summary>The most characters of a caller's text that a message repeats.</summary>
    public const int MaxQuoted = 64;

    /// <summary>The text, cut at <see cref="MaxQuoted"/> characters, with control characters and lone surrogates replaced by '?'.</summary>
    public static string Quote(string? text)
    {
        if (string.IsNullOrEmpty(text))
        {
            return "";
        }

        var quoted = new StringBuilder(MaxQuoted + 3);
        foreach (var rune in text.AsSpan(0, Math.Min(text.Length, MaxQuoted)).EnumerateRunes())
        {
            quoted.Append(Rune.IsControl(rune) || rune == Rune.ReplacementChar ? "?" : rune.ToString());
        }

        return text.Length > MaxQuoted ? quoted.Append("...").ToString() : quoted.ToString();
    }
}
