using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Krewe.Conformance.Tests.Hostile;

/// <summary>A connection for bytes of any kind; it is used again after a whole request and a whole answer.</summary>
internal sealed class HostileConnection(Uri address) : IDisposable
{
    // The longest that an answer to bytes which are complete, or at their end, may take.
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(60);
    private readonly byte[] buffer = new byte[64 * 1024];
    private Socket? socket;

    /// <summary>Sends a request and reads what comes; throws <see cref="TimeoutException"/> where nothing does.</summary>
    public async Task<HostileAnswer> SendAsync(HostileRequest request)
    {
        using var timeout = new CancellationTokenSource(Timeout);
        try
        {
            return await SendAsync(request, timeout.Token);
        }
        catch (OperationCanceledException)
        {
            Close();
            throw new TimeoutException($"no answer within {Timeout}");
        }
    }

    public void Dispose() => Close();

    private async Task<HostileAnswer> SendAsync(HostileRequest request, CancellationToken cancellationToken)
    {
        if (request.End != HostileEnd.Answer)
        {
            // Whatever these bytes are, nothing else shall share their connection.
            Close();
        }

        var connected = socket ??= await ConnectAsync(cancellationToken);
        var answer = HostileAnswer.None;
        try
        {
            await connected.SendAsync(request.Bytes, cancellationToken);
            if (request.End == HostileEnd.HalfClose)
            {
                connected.Shutdown(SocketShutdown.Send);
            }
        }
        catch (SocketException)
        {
            // The server may hang up on bytes it has seen enough of; its answer is there all the same.
        }

        answer = request.End == HostileEnd.Cut ? answer : await ReadAsync(connected, cancellationToken);
        if (answer.IsLast || request.End != HostileEnd.Answer)
        {
            Close();
        }

        return answer;
    }

    private async Task<Socket> ConnectAsync(CancellationToken cancellationToken)
    {
        var connected = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };

        // A hundred thousand closed connections must not use up this machine's ports.
        connected.LingerState = new LingerOption(enable: true, seconds: 0);
        await connected.ConnectAsync(IPAddress.Parse(address.Host), address.Port, cancellationToken);
        return connected;
    }

    private async Task<HostileAnswer> ReadAsync(Socket connected, CancellationToken cancellationToken)
    {
        var received = new List<byte>();
        while (true)
        {
            if (TryParse(received, out var answer))
            {
                return answer;
            }

            var count = await ReceiveAsync(connected, cancellationToken);
            if (count == 0)
            {
                return HostileAnswer.None;
            }

            received.AddRange(buffer.AsSpan(0, count));
        }
    }

    private async Task<int> ReceiveAsync(Socket connected, CancellationToken cancellationToken)
    {
        try
        {
            return await connected.ReceiveAsync(buffer, cancellationToken);
        }
        catch (SocketException)
        {
            return 0;
        }
    }

    /// <summary>The first final answer in what was received, once it is whole.</summary>
    private static bool TryParse(List<byte> received, out HostileAnswer answer)
    {
        answer = default;
        var bytes = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(received);
        var end = bytes.IndexOf("\r\n\r\n"u8);
        if (end < 0 || !bytes.StartsWith("HTTP/1.1 "u8))
        {
            return false;
        }

        var head = Encoding.Latin1.GetString(bytes[..end]);
        var status = int.Parse(head.AsSpan(9, 3), CultureInfo.InvariantCulture);
        if (status == 100)
        {
            received.RemoveRange(0, end + 4);
            return TryParse(received, out answer);
        }

        var rest = bytes[(end + 4)..];
        var isLast = head.Contains("\r\nConnection: close", StringComparison.OrdinalIgnoreCase);
        var at = head.IndexOf("\r\nContent-Length: ", StringComparison.OrdinalIgnoreCase);
        if (at < 0)
        {
            // Chunked answers are all whole pages and metrics: their end is what matters.
            var isChunked = head.Contains("\r\nTransfer-Encoding: chunked", StringComparison.OrdinalIgnoreCase);
            answer = new HostileAnswer(status, [], isLast);
            return !isChunked || rest.EndsWith("0\r\n\r\n"u8);
        }

        var digits = head.AsSpan(at + "\r\nContent-Length: ".Length);
        var lineEnd = digits.IndexOf('\r');
        var length = int.Parse(lineEnd < 0 ? digits : digits[..lineEnd], CultureInfo.InvariantCulture);
        answer = new HostileAnswer(status, rest.Length >= length ? rest[..length].ToArray() : [], isLast);
        return rest.Length >= length;
    }

    private void Close()
    {
        socket?.Dispose();
        socket = null;
    }
}
