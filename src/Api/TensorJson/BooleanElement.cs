namespace Krewe.Api;

/// <summary>BOOL: true and false, and 1 and 0 as numeric libraries write them.</summary>
internal readonly struct BooleanElement : IJsonElement<byte>
{
    /// <inheritdoc/>
    public static bool TryRead(ReadOnlySpan<byte> json, ref int position, out byte value)
    {
        var rest = json[position..];
        value = rest.StartsWith("true"u8) || rest.StartsWith("1"u8) ? (byte)1 : (byte)0;
        var length = rest.StartsWith("true"u8) ? 4 : rest.StartsWith("false"u8) ? 5 : 1;
        position += length;
        return length > 1 || rest.StartsWith("0"u8) || rest.StartsWith("1"u8);
    }
}
