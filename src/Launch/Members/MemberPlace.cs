using System.Net;
using System.Net.Sockets;
using Krewe.Abstractions.Errors;
using Krewe.Member;

namespace Krewe.Launch.Members;

/// <summary>Resolves a member's options on this machine: host names to addresses, port 0 to a free port.</summary>
public static class MemberPlace
{
    /// <summary>
    /// Fills in what was left open; throws <see cref="KreweException"/> (InvalidInput) for a name that has no address.
    /// </summary>
    /// <param name="options">The options of the member; a port of 0 becomes a free one.</param>
    /// <param name="advertise">The IP address or host name that the other members reach this one at.</param>
    public static async Task FindAsync(MemberOptions options, string advertise)
    {
        options.AdvertisedAddress = await LookUpAsync(advertise);

        // Both are held while looking, so that they differ.
        using var first = Hold(options.SiloPort);
        using var second = Hold(options.ClientPort);
        (options.SiloPort, options.ClientPort) = (PortOf(first) ?? options.SiloPort, PortOf(second) ?? options.ClientPort);
    }

    /// <summary>
    /// The port, or a free one for 0: ports are announced before they are listened on. Another process can still be faster before it is
    /// reserved, and the start then fails as with any port in use.
    /// </summary>
    public static int TakePort(int port)
    {
        using var held = Hold(port);
        return PortOf(held) ?? port;
    }

    private static async Task<IPAddress> LookUpAsync(string host)
    {
        try
        {
            var addresses = await Dns.GetHostAddressesAsync(host);
            return addresses.FirstOrDefault(static address => address.AddressFamily == AddressFamily.InterNetwork) ?? addresses[0];
        }
        catch (Exception error) when (error is SocketException or IndexOutOfRangeException or ArgumentException)
        {
            throw KreweException.InvalidInput($"--advertise is '{host}', which cannot be resolved: {error.Message}", error);
        }
    }

    private static Socket? Hold(int? port)
    {
        if (port != 0)
        {
            return null;
        }

        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Any, 0));
        return socket;
    }

    private static int? PortOf(Socket? socket) => ((IPEndPoint?)socket?.LocalEndPoint)?.Port;
}
