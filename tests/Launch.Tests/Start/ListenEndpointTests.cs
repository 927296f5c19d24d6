using System.Net;
using System.Net.Sockets;
using Krewe.Abstractions.Errors;
using Krewe.Launch.Start;

namespace Krewe.Launch.Tests.Start;

public sealed class ListenEndpointTests
{
    [Fact]
    public void A_reserved_port_takes_the_listener_of_this_process_and_no_other_one()
    {
        var port = FreePort();
        var endpoint = new ListenEndpoint(IPAddress.Loopback, port, "--silo-port", "--advertise") { IsShared = true };
        using var reserved = ListenEndpoint.Reserve(endpoint);
        using var listener = Listen(port);

        Assert.Contains($"{port}", Assert.Throws<KreweException>(() => ListenEndpoint.Reserve(endpoint)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void All_ports_in_use_are_named()
    {
        using var first = Listen(0);
        using var second = Listen(0);

        var error = Assert.Throws<KreweException>(() => ListenEndpoint.Reserve(EndpointOf(first, "--silo-port"), EndpointOf(second, "--http-port")));

        Assert.Equal(KreweErrorCode.Unavailable, error.Code);
        Assert.Contains("--silo-port", error.Message, StringComparison.Ordinal);
        Assert.Contains("--http-port", error.Message, StringComparison.Ordinal);
    }

    private static ListenEndpoint EndpointOf(Socket socket, string option) =>
        new(IPAddress.Loopback, ((IPEndPoint)socket.LocalEndPoint!).Port, option, "--bind") { IsShared = option == "--silo-port" };

    /// <summary>As the engine listens.</summary>
    private static Socket Listen(int port)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.SetSocketOption(SocketOptionLevel.Socket, SocketOptionName.ReuseAddress, true);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, port));
        listener.Listen();
        return listener;
    }

    private static int FreePort()
    {
        using var socket = Listen(0);
        return ((IPEndPoint)socket.LocalEndPoint!).Port;
    }
}
