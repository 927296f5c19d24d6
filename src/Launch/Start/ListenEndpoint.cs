using System.Net;
using System.Net.Sockets;
using Krewe.Abstractions.Errors;

namespace Krewe.Launch.Start;

/// <summary>An endpoint of a program, and the options that set it.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port; 0 for any free one.</param>
/// <param name="PortOption">The option for the port: <c>--http-port</c>.</param>
/// <param name="AddressOption">The option for the address: <c>--bind</c>.</param>
public sealed record ListenEndpoint(IPAddress Address, int Port, string PortOption, string AddressOption)
{
    /// <summary>
    /// True if the listener sets SO_REUSEPORT, as Orleans does: a second process could bind the same port and get some of the connections,
    /// so the port is reserved first.
    /// </summary>
    public bool IsShared { get; init; }

    /// <summary>
    /// Checks that all endpoints can be bound, before anything starts; throws <see cref="KreweException"/> (Unavailable) that names each
    /// one that cannot. The result reserves the shared ones for this process until it is disposed.
    /// </summary>
    public static IDisposable Reserve(params IEnumerable<ListenEndpoint> endpoints)
    {
        var reserved = new Reservation();
        if (endpoints.Select(endpoint => FindProblem(endpoint, reserved.Sockets)).OfType<string>().ToArray() is { Length: > 0 } problems)
        {
            reserved.Dispose();
            throw KreweException.Unavailable(string.Join("; ", problems));
        }

        return reserved;
    }

    private static string? FindProblem(ListenEndpoint endpoint, List<Socket> reserved)
    {
        var socket = new Socket(endpoint.Address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            // A bound port is no longer assigned as an ephemeral port, and Orleans can still bind it.
            socket.Bind(new IPEndPoint(endpoint.Address, endpoint.Port));
            if (endpoint.IsShared)
            {
                socket.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
                reserved.Add(socket);
            }
            else
            {
                socket.Dispose();
            }

            return null;
        }
        catch (SocketException error)
        {
            socket.Dispose();
            return StartFailure.DescribeSocket(error.SocketErrorCode, endpoint);
        }
    }

    private sealed class Reservation : IDisposable
    {
        public List<Socket> Sockets { get; } = [];

        public void Dispose() => Sockets.ForEach(static socket => socket.Dispose());
    }
}
