using System.Net;

namespace Krewe.Api.Settings;

/// <summary>The host names that a server goes by: loopback, every IP address, and those that are configured.</summary>
public sealed class HostList
{
    private const string Any = "*";
    private readonly string[] names;

    /// <summary>Names such as <c>models.example.com</c>, <c>*.example.com</c> for all names below one, and <c>*</c> for any name.</summary>
    public HostList(params IEnumerable<string> names) => this.names = [.. names];

    /// <summary>True for a notation that the constructor takes.</summary>
    public static bool IsValid(string name) =>
        name == Any || Uri.CheckHostName(name.StartsWith("*.", StringComparison.Ordinal) ? name[2..] : name) == UriHostNameType.Dns;

    /// <summary>
    /// Whether requests for a host are served. A page's origin can be rebound to this server only if it is a name, so addresses are safe.
    /// </summary>
    /// <param name="host">A name or address without a port, of IPv6 in brackets.</param>
    public bool Serves(string host) =>
        IPAddress.TryParse(host.AsSpan().Trim("[]"), out _)
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || host.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase)
        || names.Contains(Any) || Names(host);

    /// <summary>Whether a host was configured by its name.</summary>
    public bool Names(string host) => Array.Exists(names, name => name.StartsWith("*.", StringComparison.Ordinal)
        ? host.EndsWith(name[1..], StringComparison.OrdinalIgnoreCase)
        : host.Equals(name, StringComparison.OrdinalIgnoreCase));
}
