namespace Krewe.Api.TensorJson;

/// <summary>The grammar of JSON numbers, off the fast path.</summary>
internal static class JsonNumber
{
    /// <summary>The length of the number at the start of the text; 0 for none.</summary>
    public static int Length(ReadOnlySpan<byte> text)
    {
        var at = text.StartsWith("-"u8) ? 1 : 0;
        var digits = Digits(text[at..]);
        if (digits == 0 || (digits > 1 && text[at] == '0'))
        {
            return 0;
        }

        at += digits;
        if (at < text.Length && text[at] == '.')
        {
            var fraction = Digits(text[(at + 1)..]);
            if (fraction == 0)
            {
                return 0;
            }

            at += 1 + fraction;
        }

        return at < text.Length && (text[at] | 0x20) == 'e' ? WithExponent(text, at + 1) : at;
    }

    /// <summary>True if the number has neither fraction nor exponent.</summary>
    public static bool IsInteger(ReadOnlySpan<byte> number) => !number.ContainsAny((byte)'.', (byte)'e', (byte)'E');

    private static int WithExponent(ReadOnlySpan<byte> text, int at)
    {
        at += at < text.Length && text[at] is (byte)'+' or (byte)'-' ? 1 : 0;
        var digits = Digits(text[Math.Min(at, text.Length)..]);
        return digits == 0 ? 0 : at + digits;
    }

    private static int Digits(ReadOnlySpan<byte> text)
    {
        var end = text.IndexOfAnyExceptInRange((byte)'0', (byte)'9');
        return end < 0 ? text.Length : end;
    }
}
