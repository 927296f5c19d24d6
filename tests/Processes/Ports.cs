using System.Net;
using System.Net.Sockets;

namespace Krewe.Processes;

/// <summary>Free ports below the ephemeral range, each handed out once, for listeners whose port must be known before they bind it.</summary>
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
                // Taken, or was a moment ago.
            }
        }
    }
}
