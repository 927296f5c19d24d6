using System.Buffers.Text;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Benchmarks.Load;

/// <summary>
/// One blocking connection that sends rendered requests one after the other and looks at nothing of an answer but its status,
/// how long it is, and its body. For a thread of its own; connects again after the server has closed.
/// </summary>
internal sealed class HttpConnection(int port) : IDisposable
{
    private const int Timeout = 120_000;
    private Socket? socket;
    private byte[] buffer = new byte[64 * 1024];
    private byte[] body = [];
    private int start;
    private int end;

    /// <summary>The open socket, for <see cref="Socket.Select(System.Collections.IList?, System.Collections.IList?, System.Collections.IList?, int)"/>.</summary>
    public Socket Socket => socket ??= Open();

    /// <summary>The body of the last answer; valid until the next.</summary>
    public ReadOnlyMemory<byte> Body { get; private set; }

    /// <summary>Sends a request and gives the status of the answer.</summary>
    /// <exception cref="IOException">The server closed in the middle, or said what is no HTTP.</exception>
    /// <exception cref="SocketException">The connection broke, or nothing came for two minutes.</exception>
    public int Call(ReadOnlySpan<byte> request)
    {
        Send(request);
        return Receive();
    }

    public void Send(ReadOnlySpan<byte> request)
    {
        while (!request.IsEmpty)
        {
            request = request[Socket.Send(request)..];
        }
    }

    public int Receive()
    {
        var head = ReadHead();
        var status = Status(head.Span);
        var length = 0;
        var chunked = false;
        var close = false;
        foreach (var range in head.Span.Split("\r\n"u8))
        {
            var line = head.Span[range];
            if (Value(line, "Content-Length:"u8) is { IsEmpty: false } count)
            {
                length = Utf8Parser.TryParse(count, out int parsed, out _) ? parsed : throw new IOException("no length");
            }

            chunked |= Value(line, "Transfer-Encoding:"u8).SequenceEqual("chunked"u8);
            close |= Value(line, "Connection:"u8).SequenceEqual("close"u8);
        }

        Body = chunked ? ReadChunks() : ReadBody(length, 0);
        if (close)
        {
            Close();
        }

        return status;
    }

    /// <summary>Lets the connection go; the next call opens another.</summary>
    public void Close()
    {
        socket?.Dispose();
        socket = null;
        start = end = 0;
    }

    public void Dispose() => Close();

    private static int Status(ReadOnlySpan<byte> head) =>
        head.StartsWith("HTTP/1.1 "u8) && Utf8Parser.TryParse(head[9..], out int status, out _)
            ? status
            : throw new IOException($"no HTTP: {Encoding.Latin1.GetString(head)}");

    private static ReadOnlySpan<byte> Value(ReadOnlySpan<byte> line, ReadOnlySpan<byte> name) =>
        line.Length >= name.Length && Ascii.EqualsIgnoreCase(line[..name.Length], name) ? line[name.Length..].Trim((byte)' ') : default;

    private Socket Open()
    {
        var opened = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
        {
            NoDelay = true,
            ReceiveTimeout = Timeout,
            SendTimeout = Timeout,
        };
        opened.Connect(IPAddress.Loopback, port);
        return opened;
    }

    private ReadOnlyMemory<byte> ReadHead() => ReadThrough("\r\n\r\n"u8);

    private ReadOnlyMemory<byte> ReadChunks()
    {
        var total = 0;
        while (true)
        {
            var line = ReadThrough("\r\n"u8).Span;
            if (!Utf8Parser.TryParse(line, out int size, out _, 'x'))
            {
                throw new IOException("no chunk");
            }

            ReadBody(size, total);
            ReadThrough("\r\n"u8);
            total += size;
            if (size == 0)
            {
                return body.AsMemory(0, total);
            }
        }
    }

    private ReadOnlyMemory<byte> ReadThrough(ReadOnlySpan<byte> mark)
    {
        int length;
        while ((length = buffer.AsSpan(start..end).IndexOf(mark)) < 0)
        {
            Fill();
        }

        var text = buffer.AsMemory(start, length);
        start += length + mark.Length;
        return text;
    }

    private ReadOnlyMemory<byte> ReadBody(int length, int offset)
    {
        if (body.Length < offset + length)
        {
            Array.Resize(ref body, Math.Max(offset + length, 2 * body.Length));
        }

        var rest = body.AsSpan(offset, length);
        while (!rest.IsEmpty)
        {
            if (start == end)
            {
                Fill();
            }

            var part = Math.Min(rest.Length, end - start);
            buffer.AsSpan(start, part).CopyTo(rest);
            rest = rest[part..];
            start += part;
        }

        return body.AsMemory(0, offset + length);
    }

    private void Fill()
    {
        if (start == end)
        {
            start = end = 0;
        }
        else if (end == buffer.Length)
        {
            // What Receive still reads of the head must stay where it is, so a new buffer rather than a move.
            var larger = new byte[2 * buffer.Length];
            buffer.AsSpan(start, end - start).CopyTo(larger);
            (buffer, start, end) = (larger, 0, end - start);
        }

        var count = Socket.Receive(buffer.AsSpan(end));
        if (count == 0)
        {
            Close();
            throw new IOException("the server closed the connection");
        }

        end += count;
    }
}
