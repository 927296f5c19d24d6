using System.Net;
using System.Net.Sockets;

namespace Krewe.Member;

/// <summary>Asks an endpoint's operating system whether anybody listens there.</summary>
internal static class EndpointProbe
{
    /// <summary>The answer, waiting at most the time given.</summary>
    public static async Task<EndpointState> AskAsync(IPEndPoint endpoint, TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var timeout = new CancellationTokenSource(limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(endpoint, either.Token);
            return EndpointState.Listening;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return EndpointState.Refusing;
        }
        catch (Exception error) when (error is SocketException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return EndpointState.Silent;
        }
    }
}
