using Krewe.Api.Settings;
using Krewe.Launch.Settings;

namespace Krewe.Launch.Http;

/// <summary>The settings of programs with an HTTP API.</summary>
public static class HttpSettings
{
    private static readonly Notation<string> HeaderName = new(
        "the name of a header of at most 100 characters", static (string text, out string value) =>
    {
        value = text;
        return ApiOptions.IsHeaderName(text);
    });

    private static readonly Notation<int> Count = Notations.Integer(1, 1_000_000);

    public static readonly ISetting<ProgramOptions> Bind = Setting<ProgramOptions>.Of(
        "bind", "ADDRESS",
        "The address to listen on. There is no authentication: think before you choose one that others reach. Default 127.0.0.1.",
        Notations.Address, static (options, address) => options.Bind = address);

    public static readonly ISetting<ProgramOptions> GrpcPort = Setting<ProgramOptions>.Of(
        "grpc-port", "PORT",
        "A port for gRPC alone, HTTP/2 without TLS; 0 takes a free one. The HTTP port takes gRPC too. Default 8001 if neither port is "
            + "given, "
            + "else none.",
        Notations.Port, static (options, port) => options.GrpcPort = port);

    public static readonly ISetting<ProgramOptions> MaxBodySize = Setting<ProgramOptions>.Of(
        "max-body-size", "SIZE", "The largest request body or gRPC message. Default 64MiB.",
        ByteSize.OneArray, static (options, bytes) => options.Api.Limits.MaxBodyBytes = bytes);

    /// <summary>How many connections may be open.</summary>
    public static readonly IReadOnlyList<ISetting<ProgramOptions>> Connections =
    [
        Setting<ProgramOptions>.Of(
            "max-connections", "N",
            "The most connections open at once, of all HTTP ports; beyond it one that has sent nothing is closed, or the new one. "
                + "Default: half of the file descriptors that the process may open, 16 to 10000.",
            Count, static (options, count) => options.Api.Limits.MaxConnections = count),
        Setting<ProgramOptions>.Of(
            "max-connections-per-address", "N",
            "The most of them from one address, or from one /64 of IPv6. Default: three quarters of max-connections.",
            Count, static (options, count) => options.Api.Limits.MaxConnectionsPerAddress = count),
    ];

    /// <summary>Whether and what versions can be published.</summary>
    public static readonly IReadOnlyList<ISetting<ProgramOptions>> Publishing =
    [
        Setting<ProgramOptions>.Of(
            "publish", "on|off", "Whether callers may publish and delete versions of models. Default on.",
            Notations.OnOrOff, static (options, isOn) => options.Api.Publishing = isOn),
        Setting<ProgramOptions>.Of(
            "max-publish-size", "SIZE", "The largest version that can be published, as sent and as unpacked. Default 16GiB.",
            ByteSize.Any, static (options, bytes) => options.Api.Limits.MaxPublishBytes = bytes),
    ];

    public static readonly ISetting<ProgramOptions> RequestTimeout = Setting<ProgramOptions>.Of(
        "request-timeout", "TIME", "The longest that one request may take. Default: as long as it takes.",
        Duration.Positive, static (options, time) => options.Api.Limits.MaxTimeout = time);

    public static readonly ISetting<ProgramOptions> MaxBodyMemory = Setting<ProgramOptions>.Of(
        "max-body-memory", "SIZE",
        "What the bodies of all requests may take together, until they are answered; beyond it 429. Default: three quarters of "
            + "what calls may take.",
        ByteSize.OrShare, static (options, bytes) => options.Api.Limits.MaxBodyMemoryBytes = bytes);

    public static readonly ISetting<ProgramOptions> RouteKeyHeader = Setting<ProgramOptions>.Of(
        "route-key-header", "NAME",
        "The header by whose value a rollout sends a caller to the same version again. Default Krewe-Route-Key.",
        HeaderName, static (options, name) => options.Api.RouteKeyHeader = name);
}
