using System.Buffers;
using System.Buffers.Text;

namespace Krewe.Api.TensorJson;

/// <summary>TensorFlow Serving's encoding of bytes in JSON: an object with the only member <c>b64</c>, a base64 string.</summary>
internal static class Base64Member
{
    private const string What = "bytes as {\"b64\": \"...\"}";

    /// <summary>Decodes the object at <paramref name="position"/> and advances it; returns the bytes written.</summary>
    public static int Decode(ReadOnlySpan<byte> json, ref int position, Span<byte> destination)
    {
        var cursor = JsonCursor.At(json, position);
        cursor.OpenObject(What);
        var first = true;
        if (!cursor.NextMember(ref first, out var name) || !name.SequenceEqual("b64"u8))
        {
            throw cursor.Wrong($"{What}: expected the one member 'b64'");
        }

        var text = cursor.ReadText(What);
        if (Base64.DecodeFromUtf8(text, destination, out _, out var written) != OperationStatus.Done)
        {
            throw cursor.Wrong($"{What}: expected valid base64 with padding");
        }

        if (cursor.NextMember(ref first, out _))
        {
            throw cursor.Wrong($"{What}: expected the one member 'b64'");
        }

        position = cursor.Position;
        return written;
    }

    /// <summary>True if the object at the cursor starts with that member.</summary>
    public static bool IsNext(JsonCursor cursor)
    {
        var first = true;
        return cursor.TryTake('{') && cursor.NextMember(ref first, out var name) && name.SequenceEqual("b64"u8);
    }
}
