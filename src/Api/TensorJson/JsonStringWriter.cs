using System.Buffers;

namespace Krewe.Api.TensorJson;

/// <summary>Writes UTF-8 as the content of a JSON string, escaping only what JSON requires.</summary>
internal static class JsonStringWriter
{
    /// <summary>The maximum length of an escaped byte: <c>\u001f</c>.</summary>
    public const int MaxExpansion = 6;

    /// <summary>Bytes that need escaping: control characters, '"' and '\'.</summary>
    public static readonly SearchValues<byte> Escaped =
        SearchValues.Create([.. Enumerable.Range(0, 0x20).Select(c => (byte)c), (byte)'"', (byte)'\\']);

    /// <summary>Writes as much as fits; a multi-byte character may be split between two calls.</summary>
    public static void Write(ReadOnlySpan<byte> utf8, Span<byte> destination, out int consumed, out int written)
    {
        (consumed, written) = (0, 0);
        while (consumed < utf8.Length && written <= destination.Length - MaxExpansion)
        {
            var plain = utf8[consumed..].IndexOfAny(Escaped);
            var run = Math.Min(plain < 0 ? utf8.Length - consumed : plain, destination.Length - written);
            utf8.Slice(consumed, run).CopyTo(destination[written..]);
            consumed += run;
            written += run;
            if (run == plain && written <= destination.Length - MaxExpansion)
            {
                written += Escape(utf8[consumed++], destination[written..]);
            }
        }
    }

    private static int Escape(byte c, Span<byte> destination)
    {
        destination[0] = (byte)'\\';
        destination[1] = c switch
        {
            (byte)'"' or (byte)'\\' => c,
            (byte)'\b' => (byte)'b',
            (byte)'\f' => (byte)'f',
            (byte)'\n' => (byte)'n',
            (byte)'\r' => (byte)'r',
            (byte)'\t' => (byte)'t',
            _ => (byte)'u',
        };
        if (destination[1] != 'u')
        {
            return 2;
        }

        c.TryFormat(destination[2..], out _, "x4");
        return MaxExpansion;
    }
}
