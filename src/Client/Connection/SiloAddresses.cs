using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Logging;
using Orleans.Messaging;

namespace Krewe.Client.Connection;

/// <summary>Resolves <see cref="KreweClientOptions.Silos"/>. A name that cannot be resolved keeps its last addresses.</summary>
internal sealed partial class SiloAddresses(KreweClientOptions options, ILogger<SiloAddresses> logger) : IGatewayListProvider
{
    private readonly Dictionary<string, IPAddress[]> resolved = [];
    private readonly HashSet<string> unresolved = [];

    public TimeSpan MaxStaleness => options.SiloRefreshInterval;

    public bool IsUpdatable => true;

    /// <summary>Parses <c>host:port</c>; the host is a name or an address, with IPv6 in brackets.</summary>
    public static bool TryParse(string? text, [NotNullWhen(true)] out DnsEndPoint? silo)
    {
        silo = Uri.TryCreate($"tcp://{text}", UriKind.Absolute, out var address)
            && address is { Port: > 0, PathAndQuery: "/" or "", UserInfo: "", Fragment: "" } && address.IdnHost.Length > 0
                && text?.EndsWith('/') == false
            ? new DnsEndPoint(address.IdnHost, address.Port)
            : null;
        return silo is not null;
    }

    public Task InitializeGatewayListProvider() => Task.CompletedTask;

    public async Task<IList<Uri>> GetGateways()
    {
        var silos = new List<Uri>();
        foreach (var text in options.Silos)
        {
            if (TryParse(text, out var silo))
            {
                silos.AddRange((await ResolveAsync(silo.Host)).Select(address => SiloAddress.New(address, silo.Port, 0).ToGatewayUri()));
            }
        }

        return [.. silos.Distinct()];
    }

    private async Task<IPAddress[]> ResolveAsync(string host)
    {
        try
        {
            resolved[host] = await Dns.GetHostAddressesAsync(host);
            unresolved.Remove(host);
            return resolved[host];
        }
        catch (SocketException error)
        {
            if (unresolved.Add(host))
            {
                LogUnresolved(host, error.Message);
            }

            return resolved.GetValueOrDefault(host, []);
        }
    }

    [LoggerMessage(EventId = 483, Level = LogLevel.Warning, Message = "Failed to resolve the silo address {Host}; retrying: {Reason}")]
    private partial void LogUnresolved(string host, string reason);
}
