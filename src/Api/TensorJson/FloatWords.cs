namespace Krewe.Api.TensorJson;

/// <summary>
/// The words for the floats that JSON has no numbers for: in quotes, as in the JSON form of Protocol Buffers, or bare, as TensorFlow
/// Serving and Python's json module write them and Triton reads them.
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

    /// <summary>The length of the bare word at the start of the text; 0 where there is none.</summary>
    public static int BareLength(ReadOnlySpan<byte> text) =>
        text.StartsWith(Bare(NaN)) ? Bare(NaN).Length
        : text.StartsWith(Bare(Infinity)) ? Bare(Infinity).Length
        : text.StartsWith(Bare(NegativeInfinity)) ? Bare(NegativeInfinity).Length
        : 0;

    /// <summary>Reads one of the words, with its quotes or without.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, ref int position, out double value)
    {
        var rest = json[position..];
        var quote = rest.StartsWith("\""u8) ? 1 : 0;
        var length = BareLength(rest[quote..]);
        value = length == Bare(NaN).Length ? double.NaN
            : length == Bare(Infinity).Length ? double.PositiveInfinity
            : double.NegativeInfinity;
        position += length + (2 * quote);
        return length > 0 && (quote == 0 || rest[(length + 1)..].StartsWith("\""u8));
    }
}
