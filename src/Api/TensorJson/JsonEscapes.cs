using System.Buffers;
using System.Globalization;
using System.Text;

namespace Krewe.Api.TensorJson;

/// <summary>The escapes of JSON strings.</summary>
internal static class JsonEscapes
{
    private static readonly SearchValues<byte> HexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>
    /// Decodes the escape at the cursor into <paramref name="utf8"/> (at least 4 bytes); returns the length of the escape. A \u escape of
    /// an unpaired surrogate is invalid.
    /// </summary>
    public static int Decode(JsonCursor cursor, Span<byte> utf8, out int written)
    {
        var length = TryDecode(cursor.Json[cursor.Position..], utf8, out written);
        return length > 0
            ? length
            : throw cursor.SyntaxError(
                "expected an escape of \\\" \\\\ \\/ \\b \\f \\n \\r \\t or \\uXXXX (surrogates only in pairs) after '\\' in a string");
    }

    /// <summary>Decodes a string with validated escapes; returns the bytes written, at most as many as read.</summary>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> destination)
    {
        var written = 0;
        Span<byte> utf8 = stackalloc byte[4];
        while (true)
        {
            var plain = raw.IndexOf((byte)'\\');
            var run = plain < 0 ? raw.Length : plain;
            raw[..run].CopyTo(destination[written..]);
            written += run;
            if (plain < 0)
            {
                return written;
            }

            var length = TryDecode(raw[run..], utf8, out var decoded);
            utf8[..decoded].CopyTo(destination[written..]);
            written += decoded;
            raw = raw[(run + length)..];
        }
    }

    private static int TryDecode(ReadOnlySpan<byte> text, Span<byte> utf8, out int written)
    {
        written = 1;
        if (text.Length < 2)
        {
            return 0;
        }

        if (text[1] == 'u')
        {
            return TryDecodeUnicode(text, utf8, out written);
        }

        var plain = text[1] switch
        {
            (byte)'"' or (byte)'\\' or (byte)'/' => text[1],
            (byte)'b' => (byte)'\b',
            (byte)'f' => (byte)'\f',
            (byte)'n' => (byte)'\n',
            (byte)'r' => (byte)'\r',
            (byte)'t' => (byte)'\t',
            _ => (byte)0,
        };
        utf8[0] = plain;
        return plain == 0 ? 0 : 2;
    }

    private static int TryDecodeUnicode(ReadOnlySpan<byte> text, Span<byte> utf8, out int written)
    {
        const int Length = 6;
        written = 0;
        if (!TryUnit(text, out var unit))
        {
            return 0;
        }

        if (Rune.TryCreate(unit, out var rune))
        {
            written = rune.EncodeToUtf8(utf8);
            return Length;
        }

        if (!TryUnit(text[Length..], out var low) || !Rune.TryCreate(unit, low, out rune))
        {
            return 0;
        }

        written = rune.EncodeToUtf8(utf8);
        return 2 * Length;
    }

    private static bool TryUnit(ReadOnlySpan<byte> text, out char unit)
    {
        unit = default;
        if (text.Length < 6 || text[0] != '\\' || text[1] != 'u' || text[2..6].ContainsAnyExcept(HexDigits))
        {
            return false;
        }

        unit = (char)ushort.Parse(text[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
        return true;
    }
}
