using System.Globalization;
using System.Text;

namespace Krewe.Abstractions.Errors;

/// <summary>Formats caller-supplied text and byte counts for errors and logs.</summary>
public static class ErrorText
{
    /// <summary>The maximum number of characters quoted from caller-supplied text.</summary>
    public const int MaxQuoted = 64;

    /// <summary>
    /// The text, truncated to <see cref="MaxQuoted"/> characters, with control characters and lone surrogates replaced by '?'.
    /// </summary>
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

    /// <summary>A human-readable byte count: <c>14.1 GiB</c>, <c>512 MiB</c>, <c>100 bytes</c>.</summary>
    public static string Bytes(long bytes) => bytes switch
    {
        1 => "1 byte",
        < 1L << 10 => $"{bytes} bytes",
        < 1L << 20 => Of(bytes, 10, "KiB"),
        < 1L << 30 => Of(bytes, 20, "MiB"),
        < 1L << 40 => Of(bytes, 30, "GiB"),
        _ => Of(bytes, 40, "TiB"),
    };

    private static string Of(long bytes, int bits, string unit) =>
        string.Create(CultureInfo.InvariantCulture, $"{Math.Round(bytes / (double)(1L << bits), 1):0.#} {unit}");
}
