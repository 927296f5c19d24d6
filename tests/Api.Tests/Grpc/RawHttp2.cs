using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Krewe.Api.Tests.Fakes;

namespace Krewe.Api.Tests.Grpc;

/// <summary>A connection of HTTP/2 that sends what it is told to, frame by frame, as no client does.</summary>
internal sealed class RawHttp2 : IAsyncDisposable
{
    public const byte Data = 0, Headers = 1, Reset = 3, Settings = 4, Ping = 6, GoAway = 7;
    public const byte EndStream = 1, Ack = 1, EndHeaders = 4;
    private readonly NetworkStream stream;

    private RawHttp2(NetworkStream stream) => this.stream = stream;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>Connects; the preface and the settings are sent, which ask for headers without a dynamic table.</summary>
    public static async Task<RawHttp2> ConnectAsync(ApiServer server)
    {
        var connection = new RawHttp2(await server.ConnectAsync());
        await connection.stream.WriteAsync("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8.ToArray(), Token);
        await connection.SendAsync(Frame(Settings, 0, 0, [0, 1, 0, 0, 0, 0]));
        return connection;
    }

    /// <summary>A frame of any kind, with a length that may be wrong.</summary>
    public static byte[] Frame(byte type, byte flags, uint id, byte[]? payload = null, int? length = null)
    {
        payload ??= [];
        var frame = new byte[9 + payload.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, (length ?? payload.Length) << 8);
        (frame[3], frame[4]) = (type, flags);
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(5), id);
        payload.CopyTo(frame, 9);
        return frame;
    }

    /// <summary>The header block of a gRPC call, without compression.</summary>
    public static byte[] HeadersOf(string path) =>
    [
        // Indexed: POST, http.
        0x83, 0x86,
        .. Literal(":path", path), .. Literal(":authority", "a"), .. Literal("content-type", "application/grpc"), .. Literal("te", "trailers"),
    ];

    /// <summary>The frames of a whole call with one message.</summary>
    public static byte[] Call(uint id, string path, byte[] message)
    {
        var data = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(data.AsSpan(1), message.Length);
        message.CopyTo(data, 5);
        return [.. Frame(Headers, EndHeaders, id, HeadersOf(path)), .. Frame(Data, EndStream, id, data)];
    }

    public ValueTask SendAsync(byte[] bytes) => stream.WriteAsync(bytes, Token);

    /// <summary>Sends, even where the server has ended the connection meanwhile.</summary>
    public async Task<bool> TrySendAsync(byte[] bytes)
    {
        try
        {
            await SendAsync(bytes);
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    /// <summary>The next frame; null at the end of the connection, however it ends.</summary>
    public async Task<(byte Type, byte Flags, uint Id, byte[] Payload)?> ReadAsync()
    {
        try
        {
            var head = new byte[9];
            await stream.ReadExactlyAsync(head, Token);
            var payload = new byte[BinaryPrimitives.ReadInt32BigEndian(head) >> 8];
            await stream.ReadExactlyAsync(payload, Token);
            return (head[3], head[4], BinaryPrimitives.ReadUInt32BigEndian(head.AsSpan(5)), payload);
        }
        catch (IOException)
        {
            return null;
        }
    }

    /// <summary>Tells the server that nothing follows.</summary>
    public void EndSending() => stream.Socket.Shutdown(SocketShutdown.Send);

    public ValueTask DisposeAsync() => stream.DisposeAsync();

    private static byte[] Literal(string name, string value) =>
        [0, (byte)name.Length, .. Encoding.ASCII.GetBytes(name), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];
}
