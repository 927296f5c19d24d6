using System.Net;

namespace Krewe.Launch.Http;

/// <summary>What a person is told about where a program listens.</summary>
public static class HttpAddress
{
    /// <summary>The line that scripts look for.</summary>
    public static string Listening(Uri address) => $"Listening on {address.GetLeftPart(UriPartial.Authority)}";

    /// <summary>A word of warning, where others than this machine reach the address.</summary>
    public static IEnumerable<string> Warnings(IPAddress bind) => IPAddress.IsLoopback(bind)
        ? []
        : ["WARNING: everybody who reaches this address can call, load and unload models: there is no authentication"];

    /// <summary>An address to call: 'any address' is none.</summary>
    public static Uri Callable(Uri address) => address.Host switch
    {
        "0.0.0.0" => new UriBuilder(address) { Host = "127.0.0.1" }.Uri,
        "[::]" => new UriBuilder(address) { Host = "[::1]" }.Uri,
        _ => address,
    };
}
