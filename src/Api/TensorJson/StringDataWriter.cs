using System.Buffers.Binary;
using System.Buffers.Text;
using Krewe.Abstractions.Tensors;

namespace Krewe.Api.TensorJson;

/// <summary>
/// Writes the elements of a BYTES tensor as JSON strings; invalid UTF-8 as <c>{"b64": "..."}</c>, which only TensorFlow Serving's
/// protocol has. An element may span several calls.
/// </summary>
internal struct StringDataWriter(ReadOnlyMemory<byte> tensorData)
{
    private enum Form
    {
        /// <summary>Between two elements.</summary>
        None,
        Text,
        Base64,
    }

    private Form form;
    private int next;
    private int rest;
    private long left;
    private bool isFirst;

    /// <summary>Starts a row of <paramref name="count"/> elements.</summary>
    public void Begin(long count) => (left, isFirst) = (count, true);

    /// <summary>Writes what fits; true once the row is complete.</summary>
    public bool Write(Span<byte> destination, out int written)
    {
        var data = tensorData.Span;
        for (written = 0; destination.Length - written >= TensorDataWriter.MinSpace;)
        {
            if (form == Form.None)
            {
                if (left == 0)
                {
                    return true;
                }

                written += Open(data, destination[written..]);
            }

            written += Continue(data, destination[written..]);
        }

        return form == Form.None && left == 0;
    }

    private int Open(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        rest = (int)BinaryPrimitives.ReadUInt32LittleEndian(data[next..]);
        next += BytesElements.PrefixSize;
        form = System.Text.Unicode.Utf8.IsValid(data.Slice(next, rest)) ? Form.Text : Form.Base64;
        var opening = form == Form.Text ? ",\""u8 : ",{\"b64\":\""u8;
        opening = isFirst ? opening[1..] : opening;
        opening.CopyTo(destination);
        isFirst = false;
        return opening.Length;
    }

    private int Continue(ReadOnlySpan<byte> data, Span<byte> destination)
    {
        var closing = form == Form.Text ? "\""u8 : "\"}"u8;
        var space = destination[..^closing.Length];
        int consumed, written;
        if (form == Form.Text)
        {
            JsonStringWriter.Write(data.Slice(next, rest), space, out consumed, out written);
        }
        else
        {
            Base64.EncodeToUtf8(data.Slice(next, rest), space, out consumed, out written);
        }

        next += consumed;
        rest -= consumed;
        if (rest > 0)
        {
            return written;
        }

        closing.CopyTo(destination[written..]);
        form = Form.None;
        left--;
        return written + closing.Length;
    }
}
