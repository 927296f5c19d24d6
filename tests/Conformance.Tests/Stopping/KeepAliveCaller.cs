using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Conformance.Tests.Stopping;

/// <summary>
/// A caller on one connection of its own, below <see cref="HttpClient"/>, which would quietly send a request again. It sends until
/// the server asks it to leave or takes no more connections, and knows for each request whether it was answered.
/// </summary>
internal sealed class KeepAliveCaller(Uri address, string path, string body)
{
    private readonly byte[] request = Encoding.ASCII.GetBytes(
        $"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\nContent-Length: {body.Length}\r\n\r\n{body}");

    /// <summary>Requests answered with 200.</summary>
    public int Answered { get; private set; }

    /// <summary>Requests of which bytes were sent, that got no whole answer or another one than 200.</summary>
    public List<string> Lost { get; } = [];

    /// <summary>Calls until the server is gone.</summary>
    public async Task RunAsync()
    {
        while (await ConnectAsync() is { } socket)
        {
            using (socket)
            {
                await CallUntilClosedAsync(socket);
            }
        }
    }

    private async Task<Socket?> ConnectAsync()
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(IPAddress.Parse(address.Host), address.Port);
            return socket;
        }
        catch (SocketException error) when (error.SocketErrorCode is SocketError.ConnectionRefused or SocketError.ConnectionReset)
        {
            socket.Dispose();
            return null;
        }
    }

    private async Task CallUntilClosedAsync(Socket socket)
    {
        await using var stream = new NetworkStream(socket);
        var isFirst = true;
        while (true)
        {
            try
            {
                await stream.WriteAsync(request);
                var (status, isLast) = await ReadAnswerAsync(stream);
                if (status != 200)
                {
                    Lost.Add($"status {status}");
                    return;
                }

                Answered++;
                isFirst = false;
                if (isLast)
                {
                    return;
                }
            }
            catch (IOException error)
            {
                // A connection that was waiting to be accepted when the server closed its door was never accepted.
                if (!isFirst)
                {
                    Lost.Add(error.Message);
                }

                return;
            }
        }
    }

    private static async Task<(int Status, bool IsLast)> ReadAnswerAsync(NetworkStream stream)
    {
        var buffer = new byte[16 * 1024];
        var filled = 0;
        int head;
        while ((head = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
        {
            filled += await ReadSomeAsync(stream, buffer.AsMemory(filled));
        }

        var text = Encoding.ASCII.GetString(buffer, 0, head);
        var length = int.Parse(Header(text, "Content-Length") ?? "0", CultureInfo.InvariantCulture);
        while (filled < head + 4 + length)
        {
            filled += await ReadSomeAsync(stream, buffer.AsMemory(filled));
        }

        return (int.Parse(text.AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture), Header(text, "Connection") == "close");
    }

    private static async Task<int> ReadSomeAsync(NetworkStream stream, Memory<byte> buffer) =>
        await stream.ReadAsync(buffer) is > 0 and var count ? count : throw new IOException("the connection ended before the answer did");

    private static string? Header(string head, string name) => head.Split("\r\n")
        .Select(static line => line.Split(':', 2))
        .Where(parts => parts.Length == 2 && parts[0].Equals(name, StringComparison.OrdinalIgnoreCase))
        .Select(static parts => parts[1].Trim())
        .FirstOrDefault();
}
