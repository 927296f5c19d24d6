using System.Net;
using System.Net.Sockets;
using Krewe.Abstractions;

namespace Krewe.Launch;

/// <summary>Somewhere a program listens, and the options that say where.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port; 0 for any free one.</param>
/// <param name="PortOption">The option for the port: <c>--http-port</c>.</param>
/// <param name="AddressOption">The option for the address: <c>--bind</c>.</param>
internal sealed record ListenEndpoint(IPAddress Address, int Port, string PortOption, string AddressOption)
{
    /// <summary>
    /// Tries all of them before anything else is begun; throws <see cref="KreweException"/> (Unavailable) that names every one that
    /// cannot be listened on.
    /// </summary>
    public static void Check(params IEnumerable<ListenEndpoint> endpoints)
    {
        if (endpoints.Select(FindProblem).OfType<string>().ToArray() is { Length: > 0 } problems)
        {
            throw KreweException.Unavailable(string.Join("; ", problems));
        }
    }

    private static string? FindProblem(ListenEndpoint endpoint)
    {
        try
        {
            using var socket = new Socket(endpoint.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            socket.Bind(new IPEndPoint(endpoint.Address, endpoint.Port));
            return null;
        }
        catch (SocketException error)
        {
            return StartFailure.DescribeSocket(error.SocketErrorCode, endpoint);
        }
    }
}
