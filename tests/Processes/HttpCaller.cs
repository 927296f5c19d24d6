using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Processes;

/// <summary>
/// A caller on one connection of its own, below <see cref="HttpClient"/>, which would quietly send a request again: every request
/// is sent once, and is answered with 200 or failed.
/// </summary>
public sealed class HttpCaller : IDisposable
{
    private readonly Uri address;
    private readonly byte[] request;
    private readonly string expected;
    private readonly byte[] buffer = new byte[64 * 1024];
    private Socket? socket;

    /// <summary>Posts this body to this path again and again; a right answer contains the expected text.</summary>
    public HttpCaller(Uri address, string path, ReadOnlySpan<byte> body, string headers = "", string expected = "")
    {
        (this.address, this.expected) = (address, expected);
        request = [.. Encoding.ASCII.GetBytes($"POST {path} HTTP/1.1\r\nHost: {address.Authority}\r\n{headers}Content-Length: {body.Length}\r\n\r\n"), .. body];
    }

    /// <summary>Calls once; null for 200 with a right answer, otherwise what went wrong.</summary>
    public async Task<string?> CallAsync(CancellationToken cancellationToken)
    {
        try
        {
            socket ??= await ConnectAsync(cancellationToken);
            await using var stream = new NetworkStream(socket);
            await stream.WriteAsync(request, cancellationToken);
            var (status, retryAfter, text, isLast) = await ReadAnswerAsync(stream, cancellationToken);
            if (isLast)
            {
                Close();
            }

            return status != 200 ? $"{status}{(retryAfter is null ? "" : $" (retry after {retryAfter} s)")} {text}"
                : text.Contains(expected, StringComparison.Ordinal) ? null : $"wrong answer, without {expected}: {text}";
        }
        catch (Exception error) when (error is IOException or SocketException)
        {
            Close();
            return error.Message;
        }
    }

    /// <summary>Lets the connection go.</summary>
    public void Dispose() => Close();

    private static string? Header(string head, string name) => head.Split("\r\n")
        .Select(static line => line.Split(':', 2))
        .Where(parts => parts.Length == 2 && parts[0].Equals(name, StringComparison.OrdinalIgnoreCase))
        .Select(static parts => parts[1].Trim())
        .FirstOrDefault();

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var opened = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await opened.ConnectAsync(IPAddress.Parse(address.Host), address.Port, cancellationToken);
            return opened;
        }
        catch
        {
            opened.Dispose();
            throw;
        }
    }

    private async Task<(int Status, string? RetryAfter, string Text, bool IsLast)> ReadAnswerAsync(NetworkStream stream, CancellationToken cancellationToken)
    {
        var filled = 0;
        int head;
        while ((head = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8)) < 0)
        {
            filled += await ReadSomeAsync(stream, buffer.AsMemory(filled), cancellationToken);
        }

        var text = Encoding.ASCII.GetString(buffer, 0, head);
        var length = int.Parse(Header(text, "Content-Length") ?? "0", CultureInfo.InvariantCulture);
        var rest = head + 4 + length - filled;
        var shown = Encoding.UTF8.GetString(buffer, head + 4, Math.Min(filled - head - 4, 400));
        while (rest > 0)
        {
            rest -= await ReadSomeAsync(stream, buffer.AsMemory(0, Math.Min(rest, buffer.Length)), cancellationToken);
        }

        var status = int.Parse(text.AsSpan("HTTP/1.1 ".Length, 3), CultureInfo.InvariantCulture);
        return (status, Header(text, "Retry-After"), shown, Header(text, "Connection") == "close");
    }

    private static async Task<int> ReadSomeAsync(NetworkStream stream, Memory<byte> part, CancellationToken cancellationToken) =>
        await stream.ReadAsync(part, cancellationToken) is > 0 and var count ? count : throw new IOException("the connection ended before the answer did");

    private void Close()
    {
        socket?.Dispose();
        socket = null;
    }
}
