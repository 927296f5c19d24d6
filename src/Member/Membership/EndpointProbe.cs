using System.Net;
using System.Net.Sockets;

namespace Krewe.Member.Membership;

/// <summary>Probes whether an endpoint accepts TCP connections.</summary>
internal static class EndpointProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    /// <summary>Listening, Refusing or Silent.</summary>
    public static async Task<PeerState> ConnectAsync(IPEndPoint endpoint, TimeProvider time, CancellationToken cancellationToken)
    {
        using var socket = new Socket(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        using var timeout = new CancellationTokenSource(Limit, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
        try
        {
            await socket.ConnectAsync(endpoint, either.Token);
            return PeerState.Listening;
        }
        catch (SocketException error) when (error.SocketErrorCode == SocketError.ConnectionRefused)
        {
            return PeerState.Refusing;
        }
        catch (Exception error) when (
            error is SocketException || (error is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return PeerState.Silent;
        }
    }
}
