using System.Net;
using Krewe.Access.Settings;
using Krewe.Launch.Settings;

namespace Krewe.Launch.Http;

/// <summary>Formats the address of a program for its start messages.</summary>
public static class HttpAddress
{
    /// <summary>The line that scripts parse.</summary>
    public static string Listening(Uri address) => $"Listening on {address.GetLeftPart(UriPartial.Authority)}";

    /// <summary>The same for the port of gRPC; nothing if there is none.</summary>
    public static IEnumerable<string> Grpc(Uri? address) => address is null ? [] : [$"gRPC on {address.GetLeftPart(UriPartial.Authority)}"];

    /// <summary>A warning if the address can be reached from other machines.</summary>
    public static IEnumerable<string> Warnings(ProgramOptions options) => IPAddress.IsLoopback(options.Bind) || options.KnowsCallers
        ? []
        : ["WARNING: anyone who can reach this address can call, load and unload models: --allow-anonymous is set"];

    /// <summary>That callers need keys or tokens, and where the admin's is; nothing if they need none.</summary>
    public static IEnumerable<string> Keys(AccessOptions access)
    {
        var file = access.AdminKeyFile is { } path ? $"; an admin key is in {path}" : "";
        return access.Keys ? [$"Callers need API keys{(access.Jwt ? " or tokens" : "")}{file}"]
            : access.Jwt ? ["Callers need JWT bearer tokens"]
            : [];
    }

    /// <summary>An address for clients: replaces 'any address' by loopback.</summary>
    public static Uri Callable(Uri address) => address.Host switch
    {
        "0.0.0.0" => new UriBuilder(address) { Host = "127.0.0.1" }.Uri,
        "[::]" => new UriBuilder(address) { Host = "[::1]" }.Uri,
        _ => address,
    };
}
