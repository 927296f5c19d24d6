using System.Net;

namespace Krewe.Launch;

/// <summary>Somewhere a program listens, and the options that say where.</summary>
/// <param name="Address">The address.</param>
/// <param name="Port">The port; 0 for any free one.</param>
/// <param name="PortOption">The option for the port: <c>--http-port</c>.</param>
/// <param name="AddressOption">The option for the address: <c>--bind</c>.</param>
internal sealed record ListenEndpoint(IPAddress Address, int Port, string PortOption, string AddressOption);
