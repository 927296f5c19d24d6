namespace Krewe.Api;

/// <summary>The names that JSON gives the floats it has no numbers for, as in the JSON form of Protocol Buffers.</summary>
internal static class FloatWords
{
    /// <summary>Not a number.</summary>
    public static ReadOnlySpan<byte> NaN => "\"NaN\""u8;

    /// <summary>Positive infinity.</summary>
    public static ReadOnlySpan<byte> Infinity => "\"Infinity\""u8;

    /// <summary>Negative infinity.</summary>
    public static ReadOnlySpan<byte> NegativeInfinity => "\"-Infinity\""u8;

    /// <summary>Reads one of the names with its quotes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> json, ref int position, out double value)
    {
        var rest = json[position..];
        var length = rest.StartsWith(NaN) ? NaN.Length
            : rest.StartsWith(Infinity) ? Infinity.Length
            : rest.StartsWith(NegativeInfinity) ? NegativeInfinity.Length
            : 0;
        value = length == NaN.Length ? double.NaN : length == Infinity.Length ? double.PositiveInfinity : double.NegativeInfinity;
        position += length;
        return length > 0;
    }
}
