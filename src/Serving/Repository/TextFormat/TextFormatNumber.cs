using System.Globalization;

namespace Krewe.Serving.Repository.TextFormat;

/// <summary>Parses numbers of protobuf's text format.</summary>
internal static class TextFormatNumber
{
    /// <summary>True for a number without its sign: decimal, hexadecimal (0x), octal (0), or with a fraction or exponent.</summary>
    public static bool IsNumber(string text) => TryInteger(text, out _)
        || (text.AsSpan().ContainsAny('.', 'e', 'E') && double.TryParse(
            Unmarked(text), NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out _))
        || (text[^1] is 'f' or 'F' && ulong.TryParse(Unmarked(text), NumberStyles.None, CultureInfo.InvariantCulture, out _));

    /// <summary>Parses an integer with an optional minus; false if it is not one or exceeds 64 bits.</summary>
    public static bool TryInt64(string text, out long number)
    {
        var isNegative = text.StartsWith('-');
        var fits = TryInteger(isNegative ? text[1..] : text, out var size) && size <= long.MaxValue + (isNegative ? 1UL : 0UL);
        number = fits ? unchecked(isNegative ? -(long)size : (long)size) : 0;
        return fits;
    }

    private static ReadOnlySpan<char> Unmarked(string text) => text[^1] is 'f' or 'F' ? text.AsSpan()[..^1] : text;

    private static bool TryInteger(string text, out ulong number)
    {
        if (text.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return ulong.TryParse(text.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out number);
        }

        return text.Length > 1 && text[0] == '0'
            ? TryOctal(text, out number)
            : ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);
    }

    private static bool TryOctal(string text, out ulong number)
    {
        number = 0;
        foreach (var digit in text)
        {
            if (digit is < '0' or > '7' || number > ulong.MaxValue >> 3)
            {
                return false;
            }

            number = (number << 3) | (uint)(digit - '0');
        }

        return true;
    }
}
