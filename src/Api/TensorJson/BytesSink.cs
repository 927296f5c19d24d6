using System.Buffers.Binary;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.TensorJson;

/// <summary>
/// Writes strings in the binary form of BYTES. <see cref="JsonCursor.Skip()"/> must have validated the text, and the destination must be
/// large enough: see <see cref="BoundOf"/>. Optionally accepts TensorFlow Serving's <c>{"b64": "..."}</c>.
/// </summary>
internal ref struct BytesSink(Span<byte> destination, bool acceptsBase64 = false) : IElementSink
{
    private readonly Span<byte> destination = destination;

    /// <inheritdoc/>
    public long Count { get; private set; }

    /// <summary>Bytes written.</summary>
    public int Written { get; private set; }

    /// <summary>
    /// An upper bound of the bytes needed for that many strings of JSON: each replaces two quotes by four bytes of length.
    /// </summary>
    public static long BoundOf(int jsonLength, long count) => jsonLength + (count * (BytesElements.PrefixSize - 2));

    /// <inheritdoc/>
    public bool TryRead(ReadOnlySpan<byte> json, ref int position)
    {
        var target = destination[Written..];
        int length;
        switch ((uint)position < (uint)json.Length ? json[position] : 0)
        {
            case (byte)'"':
                length = JsonEscapes.Unescape(TakeChecked(json, ref position), target[BytesElements.PrefixSize..]);
                break;
            case (byte)'{' when acceptsBase64:
                length = Base64Member.Decode(json, ref position, target[BytesElements.PrefixSize..]);
                break;
            default:
                return false;
        }

        BinaryPrimitives.WriteUInt32LittleEndian(target, (uint)length);
        Written += BytesElements.PrefixSize + length;
        Count++;
        return true;
    }

    /// <summary>The bytes between the quotes of a validated string.</summary>
    private static ReadOnlySpan<byte> TakeChecked(ReadOnlySpan<byte> json, ref int position)
    {
        var start = ++position;
        while (true)
        {
            position += json[position..].IndexOfAny((byte)'"', (byte)'\\');
            if (json[position] == '"')
            {
                return json[start..position++];
            }

            position += 2;
        }
    }

    /// <inheritdoc/>
    public readonly int ReadAhead(ReadOnlySpan<byte> json, ref int position, long max) => 0;
}
