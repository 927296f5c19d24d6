namespace Krewe.Api.TensorJson;

/// <summary>
/// Floats that JSON has no numbers for: NaN and infinities, quoted as in the JSON form of Protocol Buffers, or bare as TensorFlow
/// Serving and Python's json module write them. Inf and -NaN are read as well, because RapidJSON, which Triton uses, reads them.
/// </summary>
internal static class FloatWords
{
    /// <summary>Not a number, in quotes.</summary>
    public static ReadOnlySpan<byte> NaN => "\"NaN\""u8;

    /// <summary>Positive infinity, in quotes.</summary>
    public static ReadOnlySpan<byte> Infinity => "\"Infinity\""u8;

    /// <summary>Negative infinity, in quotes.</summary>
    public static ReadOnlySpan<byte> NegativeInfinity => "\"-Infinity\""u8;

    /// <summary>The word without its quotes.</summary>
    public static ReadOnlySpan<byte> Bare(ReadOnlySpan<byte> quoted) => quoted[1..^1];

    // The longer word first where one begins with the other. A NaN has no sign that matters.
    private static readonly (byte[] Word, double Value)[] Words =
    [
        ("NaN"u8.ToArray(), double.NaN), ("-NaN"u8.ToArray(), double.NaN),
        ("Infinity"u8.ToArray(), double.PositiveInfinity), ("Inf"u8.ToArray(), double.PositiveInfinity),
        ("-Infinity"u8.ToArray(), double.NegativeInfinity), ("-Inf"u8.ToArray(), double.NegativeInfinity),
    ];

    /// <summary>The length of the bare word at the start of the text; 0 where there is none.</summary>
    public static int BareLength(ReadOnlySpan<byte> text) => Find(text).Length;

    /// <summary>Reads one of the words, with its quotes or without.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, ref int position, out double value)
    {
        var rest = json[position..];
        var quote = rest.StartsWith("\""u8) ? 1 : 0;
        (var length, value) = Find(rest[quote..]);
        position += length + (2 * quote);
        return length > 0 && (quote == 0 || rest[(length + 1)..].StartsWith("\""u8));
    }

    private static (int Length, double Value) Find(ReadOnlySpan<byte> text)
    {
        foreach (var (word, value) in Words)
        {
            if (text.StartsWith(word))
            {
                return (word.Length, value);
            }
        }

        return default;
    }
}
