using System.Data.Common;
using System.Net;
using System.Net.Sockets;
using Krewe.Abstractions.Errors;

namespace Krewe.Launch.Members;

/// <summary>A member's settings resolved on this machine: host names, free ports, and the connection string with its password.</summary>
/// <param name="Name">The member's name.</param>
/// <param name="Advertised">The address for the other members.</param>
/// <param name="SiloPort">The port for the other members.</param>
/// <param name="ClientPort">The port for .NET clients outside the cluster; null for none.</param>
/// <param name="Database">The connection string, with the password.</param>
public sealed record MemberPlace(string Name, IPAddress Advertised, int SiloPort, int? ClientPort, string Database)
{
    /// <summary>Host and port for the other members, for display.</summary>
    public string Address => new IPEndPoint(Advertised, SiloPort).ToString();

    /// <summary>
    /// Resolves names and selects ports; throws <see cref="KreweException"/> (InvalidInput) for a name that cannot be resolved.
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
    /// Selects free ports in advance, because they are advertised before the listener starts. Holds both while selecting, so that they
    /// differ; another process may still take one before it is reserved, and the start then fails as with any port in use.
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
