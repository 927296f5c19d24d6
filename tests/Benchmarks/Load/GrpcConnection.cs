using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;

namespace Krewe.Benchmarks.Load;

/// <summary>One connection of HTTP/2 with calls side by side, each made again as soon as it is answered. For one thread.</summary>
internal sealed class GrpcConnection : IDisposable
{
    private const int FrameHead = 9, Window = 1 << 30;
    private readonly GrpcRequest request;
    private readonly byte[] buffer = new byte[256 * 1024];
    private int end;
    private int nextStream = 1;
    private int waiting;
    private long sendWindow = 65_535;
    private long received;

    public GrpcConnection(int port, GrpcRequest request, int calls)
    {
        this.request = request;
        Socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        Socket.Connect(IPAddress.Loopback, port);
        Send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"u8);

        // No dynamic table for headers, so that the status can be read; windows that are never full.
        Send(GrpcRequest.Frame(GrpcRequest.Settings, 0, [0, 1, 0, 0, 0, 0, 0, 4, 0x40, 0, 0, 0]));
        Send(GrpcRequest.Frame(GrpcRequest.WindowUpdate, 0, [0x3F, 0, 0, 0]));
        waiting = calls;
        SendWaiting();
    }

    public Socket Socket { get; }

    /// <summary>Calls that were answered.</summary>
    public long Answers { get; private set; }

    /// <summary>Calls that did not end with OK.</summary>
    public long Failures { get; private set; }

    /// <summary>Reads what has come, and makes the next calls.</summary>
    public void Receive()
    {
        var count = Socket.Receive(buffer.AsSpan(end));
        if (count == 0)
        {
            throw new IOException("the server closed the connection");
        }

        end += count;
        var at = 0;
        while (end - at >= FrameHead)
        {
            var length = BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(at)) >> 8;
            if (end - at < FrameHead + length)
            {
                break;
            }

            Take(buffer[at + 3], buffer[at + 4], BinaryPrimitives.ReadInt32BigEndian(buffer.AsSpan(at + 5)), buffer.AsSpan(at + FrameHead, length));
            at += FrameHead + length;
        }

        buffer.AsSpan(at, end - at).CopyTo(buffer);
        end -= at;
        SendWaiting();
    }

    public void Dispose() => Socket.Dispose();

    private void Take(byte type, byte flags, int stream, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case GrpcRequest.Data:
                Replenish(payload.Length);
                break;
            case GrpcRequest.Headers when (flags & GrpcRequest.EndStream) != 0:
                End(payload.IndexOf("grpc-status\u00010"u8) >= 0);
                break;
            case GrpcRequest.Reset:
                End(isOk: false);
                break;
            case GrpcRequest.Settings when (flags & GrpcRequest.Ack) == 0:
                Send(GrpcRequest.Frame(GrpcRequest.Settings, GrpcRequest.Ack, []));
                break;
            case GrpcRequest.Ping when (flags & GrpcRequest.Ack) == 0:
                Send(GrpcRequest.Frame(GrpcRequest.Ping, GrpcRequest.Ack, payload.ToArray()));
                break;
            case GrpcRequest.WindowUpdate when stream == 0:
                sendWindow += BinaryPrimitives.ReadInt32BigEndian(payload);
                break;
            case GrpcRequest.GoAway:
                throw new IOException("the server ended the connection");
            default:
                break;
        }
    }

    private void End(bool isOk)
    {
        Answers++;
        Failures += isOk ? 0 : 1;
        waiting++;
    }

    private void Replenish(int bytes)
    {
        received += bytes;
        if (received > Window / 4)
        {
            var more = new byte[4];
            BinaryPrimitives.WriteInt32BigEndian(more, (int)received);
            Send(GrpcRequest.Frame(GrpcRequest.WindowUpdate, 0, more));
            received = 0;
        }
    }

    private void SendWaiting()
    {
        for (; waiting > 0 && sendWindow >= request.BodyLength; waiting--)
        {
            Send(request.For(nextStream));
            nextStream += 2;
            sendWindow -= request.BodyLength;
        }
    }

    private void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            bytes = bytes[Socket.Send(bytes)..];
        }
    }
}
