using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;

namespace Krewe.Benchmarks.Load;

/// <summary>A call of ModelInfer with raw contents, as frames of HTTP/2 that only lack the stream's number.</summary>
internal sealed class GrpcRequest
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7, WindowUpdate = 8;
    public const byte EndStream = 1, Ack = 1, EndHeaders = 4;
    private const int FrameHead = 9, MostPayload = 16_384;
    private readonly byte[] frames;

    public GrpcRequest(string model, int[] shape)
    {
        var data = MemoryMarshal.AsBytes(HttpRequestBytes.Numbers(shape).AsSpan());
        byte[] input = [.. Field(1, "x"u8), .. Field(2, "FP32"u8), .. Field(3, [.. shape.SelectMany(static dimension => Varint(dimension))])];
        byte[] message = [.. Field(1, Encoding.ASCII.GetBytes(model)), .. Field(5, input), .. Field(7, data)];
        byte[] body = [0, 0, 0, 0, 0, .. message];
        BinaryPrimitives.WriteInt32BigEndian(body.AsSpan(1), message.Length);
        BodyLength = body.Length;
        byte[] headers =
        [
            // Indexed: POST, http.
            0x83, 0x86,
            .. Literal(":path", "/inference.GRPCInferenceService/ModelInfer"), .. Literal(":authority", "127.0.0.1"),
            .. Literal("content-type", "application/grpc"), .. Literal("te", "trailers"),
        ];
        var parts = body.Chunk(MostPayload).ToArray();
        frames =
        [
            .. Frame(Headers, EndHeaders, headers),
            .. parts.SelectMany((part, index) => Frame(Data, index == parts.Length - 1 ? EndStream : (byte)0, part)),
        ];
    }

    /// <summary>What the call takes of the connection's window, in bytes.</summary>
    public int BodyLength { get; }

    /// <summary>The frames of a call, valid until the next.</summary>
    public ReadOnlySpan<byte> For(int stream)
    {
        for (var at = 0; at < frames.Length; at += FrameHead + (BinaryPrimitives.ReadInt32BigEndian(frames.AsSpan(at)) >> 8))
        {
            BinaryPrimitives.WriteInt32BigEndian(frames.AsSpan(at + 5), stream);
        }

        return frames;
    }

    /// <summary>A frame of stream 0.</summary>
    public static byte[] Frame(byte type, byte flags, byte[] payload)
    {
        byte[] frame = [0, 0, 0, 0, 0, 0, 0, 0, 0, .. payload];
        BinaryPrimitives.WriteInt32BigEndian(frame, payload.Length << 8);
        (frame[3], frame[4]) = (type, flags);
        return frame;
    }

    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    private static byte[] Field(int number, ReadOnlySpan<byte> bytes) => [(byte)((number << 3) | 2), .. Varint(bytes.Length), .. bytes];

    private static List<byte> Varint(int value)
    {
        var bytes = new List<byte>();
        for (; value >= 0x80; value >>= 7)
        {
            bytes.Add((byte)(value | 0x80));
        }

        bytes.Add((byte)value);
        return bytes;
    }
}
