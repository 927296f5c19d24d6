using System.Net;
using System.Net.Sockets;

namespace Krewe.Processes;

/// <summary>Ports of loopback for whoever must know them before it listens: below those that the system gives away by itself, and each once.</summary>
public static class Ports
{
    private const int First = 15000, Count = 5000;
    private static int given = Random.Shared.Next(Count);

    /// <summary>The next free one.</summary>
    public static int Next()
    {
        for (; ; )
        {
            var port = First + (Interlocked.Increment(ref given) & int.MaxValue) % Count;
            try
            {
                using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                socket.Bind(new IPEndPoint(IPAddress.Any, port));
                return port;
            }
            catch (SocketException error) when (error.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Somebody listens there, or did a moment ago.
            }
        }
    }
}
