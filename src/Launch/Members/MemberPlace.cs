using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Krewe.Abstractions.Errors;

namespace Krewe.Launch.Members;

/// <summary>What a member's settings come to on this machine: names looked up, free ports taken, the password where it belongs.</summary>
/// <param name="Name">The member's name.</param>
/// <param name="Advertised">The address the other members reach it at.</param>
/// <param name="SiloPort">The port for them.</param>
/// <param name="ClientPort">The port for .NET clients outside the cluster; null for none.</param>
/// <param name="Database">The connection string, with the password.</param>
public sealed record MemberPlace(string Name, IPAddress Advertised, int SiloPort, int? ClientPort, string Database)
{
    /// <summary>Host and port for the other members, for people.</summary>
    public string Address => new IPEndPoint(Advertised, SiloPort).ToString();

    /// <summary>
    /// Looks names up and takes ports; throws <see cref="KreweException"/> (InvalidInput) for a name that has no address.
    /// </summary>
    /// <param name="options">The settings.</param>
    /// <param name="clientPort">The port for .NET clients; 0 for any free one, null for none.</param>
    public static async Task<MemberPlace> FindAsync(IMemberOptions options, int? clientPort)
    {
        var address = await LookUpAsync(options.Advertise);
        var (siloPort, clientsPort) = TakePorts(options.SiloPort, clientPort);
        var name = options.SiloName ?? $"{Environment.MachineName}-{siloPort}";
        return new MemberPlace(name, address, siloPort, clientsPort, WithPassword(options));
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

    /// <summary>
    /// Ports are announced before they are listened on, so a free one is found beforehand. Both are held while looking, so that they
    /// differ; another process can still be faster before they are reserved, and the start then fails as with any port in use.
    /// </summary>
    private static (int Silo, int? Client) TakePorts(int silo, int? client)
    {
        using var first = Hold(silo);
        using var second = Hold(client);
        return (PortOf(first) ?? silo, PortOf(second) ?? client);
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

    private static string WithPassword(IMemberOptions options) => options.DatabasePassword is null
        ? options.Database
        : new DbConnectionStringBuilder { ConnectionString = options.Database, ["Password"] = options.DatabasePassword }.ConnectionString;
}
