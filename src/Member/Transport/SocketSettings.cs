using System.Net;
using System.Net.Sockets;

namespace Krewe.Member;

/// <summary>How the sockets of members are set: what is written goes out at once, and a silent peer is asked for a sign of life.</summary>
internal static class SocketSettings
{
    private const int SilentSeconds = 90;
    private const int BetweenSeconds = 30;
    private const int Tries = 10;

    public static Socket Create(EndPoint endpoint) => new(endpoint.AddressFamily, SocketType.Stream, ProtocolType.Tcp);

    public static void Apply(Socket socket)
    {
        socket.NoDelay = true;
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.KeepAlive, true);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveTime, SilentSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveInterval, BetweenSeconds);
        socket.SetSocketOption(SocketOptionLevel.Tcp, SocketOptionName.TcpKeepAliveRetryCount, Tries);
    }
}
