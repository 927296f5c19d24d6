using System.Net;
using System.Net.Sockets;

namespace Krewe.Processes;

/// <summary>Ports for Orleans' listeners, which must be known before they are bound.</summary>
public static class Ports
{
    private static readonly List<Socket> Reserved = [];

    /// <summary>
    /// A free one, reserved until this process ends: nobody else is given it, and only Orleans' listeners, which share ports
    /// (SO_REUSEPORT), can bind it.
    /// </summary>
    public static int Reserve()
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        lock (Reserved)
        {
            Reserved.Add(socket);
        }

        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
