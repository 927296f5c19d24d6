using System.Net;
using System.Net.Sockets;

namespace Krewe.Member.Tests;

/// <summary>Free ports of loopback.</summary>
internal static class Ports
{
    public static int Next()
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
