using System.Net;
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

    private const string AdminKeyFile = "admin-key-file";

    private static readonly Notation<string> Authentication = new(
        "'keys', 'jwt', 'keys,jwt' or 'none'", static (string text, out string ways) =>
    {
        ways = text;
        return text is "keys" or "jwt" or "keys,jwt" or "jwt,keys" or "none";
    });

    private static readonly Notation<string[]> HostNames = new(
        "a list of host names such as models.example.com,*.example.org, or *", static (string text, out string[] names) =>
    {
        names = text.Split(',', StringSplitOptions.TrimEntries);
        return Array.TrueForAll(names, HostList.IsValid);
    });

    private static readonly Notation<int> Count = Notations.Integer(1, 1_000_000);

    public static readonly ISetting<ProgramOptions> Bind = Setting<ProgramOptions>.Of(
        "bind", "ADDRESS",
        "Address to listen on; other than loopback needs --auth, --tls-client-ca or --allow-anonymous. Default 127.0.0.1.",
        Notations.Address, static (options, address) => options.Bind = address);

    /// <summary>Who may call.</summary>
    public static readonly IReadOnlyList<ISetting<ProgramOptions>> Callers =
    [
        Setting<ProgramOptions>.Of(
            "auth", "keys|jwt|keys,jwt|none",
            "How callers prove who they are: by API keys, which krewe key creates, by JWT bearer tokens, by either, or not at all. Default "
                + "none.",
            Authentication, static (options, ways) => (options.Access.Keys, options.Access.Jwt) =
                (ways.Contains("keys", StringComparison.Ordinal), ways.Contains("jwt", StringComparison.Ordinal))),
        Setting<ProgramOptions>.Of(
            AdminKeyFile, "FILE",
            "File whose first line is an admin key of at least 32 characters, by which other keys are made; read again when it changes. "
                + "Default: in a single process admin-key in the state folder, made at the first start; in a cluster none.",
            Notations.Path, static (options, path) => options.Access.AdminKeyFile = path),
        Setting<ProgramOptions>.Of(
            "audit-log", "FILE",
            "File for the audit log where callers are authenticated: changes and refusals as JSON lines, at most 16 MiB, and seven former "
                + "ones. Default: in a single process audit.jsonl in the state folder; in a cluster none, only /v2/audit.",
            Notations.Path, static (options, path) => options.Access.AuditFile = path),
        Setting<ProgramOptions>.Flag(
            "allow-anonymous", "Serve anyone who reaches an address beyond loopback, without authentication.",
            static (options, isAllowed) => options.AllowAnonymous = isAllowed),
        Setting<ProgramOptions>.Of(
            "allowed-hosts", "LIST",
            "Names that this server goes by: models.example.com,*.example.org; * for any. Requests for other names are refused; loopback "
                + "and IP addresses are always served. Default: none.",
            HostNames, static (options, names) => options.Api.AllowedHosts = new HostList(names)),
    ];

    public static readonly ISetting<ProgramOptions> GrpcPort = Setting<ProgramOptions>.Of(
        "grpc-port", "PORT",
        "Port for gRPC only, HTTP/2; 0 takes a free one. The HTTP port accepts gRPC too. Default 8001 if neither port is "
            + "given, else none.",
        Notations.Port, static (options, port) => options.GrpcPort = port);

    public static readonly ISetting<ProgramOptions> MaxBodySize = Setting<ProgramOptions>.Of(
        "max-body-size", "SIZE", "Maximum size of a request body or gRPC message. Default 64MiB.",
        ByteSize.OneArray, static (options, bytes) => options.Api.Limits.MaxBodyBytes = bytes);

    /// <summary>How many connections may be open, and for how long.</summary>
    public static readonly IReadOnlyList<ISetting<ProgramOptions>> Connections =
    [
        Setting<ProgramOptions>.Of(
            "max-connections", "N",
            "Maximum open connections on all HTTP ports. Beyond it, a connection that has sent nothing is closed, else the new one. "
                + "Default: half of the process's file descriptor limit, 16 to 10000.",
            Count, static (options, count) => options.Api.Limits.MaxConnections = count),
        Setting<ProgramOptions>.Of(
            "max-connections-per-address", "N",
            "Maximum open connections from one address, or one IPv6 /64. Default: three quarters of max-connections.",
            Count, static (options, count) => options.Api.Limits.MaxConnectionsPerAddress = count),
        Setting<ProgramOptions>.Of(
            "max-connection-age", "TIME",
            "Ask HTTP/2 clients (gRPC) to connect anew after this time, give or take a tenth. Default: never.",
            Duration.UpToADay, static (options, time) => options.Api.Limits.MaxConnectionAge = time),
        Setting<ProgramOptions>.Of(
            "connection-age-grace", "TIME",
            "Time for calls and streams under way on a connection that has reached max-connection-age. Default 1m.",
            Duration.UpToADay, static (options, time) => options.Api.Limits.ConnectionAgeGrace = time),
    ];

    /// <summary>Whether and what versions can be published.</summary>
    public static readonly IReadOnlyList<ISetting<ProgramOptions>> Publishing =
    [
        Setting<ProgramOptions>.Of(
            "publish", "on|off", "Let callers publish and delete model versions. Default on.",
            Notations.OnOrOff, static (options, isOn) => options.Api.Publishing = isOn),
        Setting<ProgramOptions>.Of(
            "max-publish-size", "SIZE", "Maximum size of a published version, both packed and unpacked. Default 16GiB.",
            ByteSize.Any, static (options, bytes) => options.Api.Limits.MaxPublishBytes = bytes),
    ];

    public static readonly ISetting<ProgramOptions> RequestTimeout = Setting<ProgramOptions>.Of(
        "request-timeout", "TIME", "Maximum duration of a request. Default: 1h if the request names one, else no limit.",
        Duration.Positive, static (options, time) => options.Api.Limits.MaxTimeout = time);

    public static readonly ISetting<ProgramOptions> MaxBodyMemory = Setting<ProgramOptions>.Of(
        "max-body-memory", "SIZE",
        "Memory limit for the bodies of all requests together, until they are answered; beyond it 429. Default: three quarters of the "
            + "calls' share.",
        ByteSize.OrShare, static (options, bytes) => options.Api.Limits.MaxBodyMemoryBytes = bytes);

    public static readonly ISetting<ProgramOptions> RouteKeyHeader = Setting<ProgramOptions>.Of(
        "route-key-header", "NAME",
        "Header whose value keeps a caller on the same version during a rollout. Default Krewe-Route-Key.",
        HeaderName, static (options, name) => options.Api.RouteKeyHeader = name);

    /// <summary>Rejects an address that others reach where nobody said who may call, and what contradicts that.</summary>
    public static IEnumerable<string> CheckCallers(ProgramOptions options)
    {
        if (!IPAddress.IsLoopback(options.Bind) && !options.AllowAnonymous && !options.KnowsCallers)
        {
            yield return $"{Bind.Option} is {options.Bind}, which others reach, and callers are not authenticated: expected --auth keys or "
                + "jwt, --tls-client-ca, --allow-anonymous to serve anyone, or a loopback address";
        }

        if (options.AllowAnonymous && options.Access.IsOn)
        {
            yield return "--allow-anonymous and --auth contradict each other: expected one of them";
        }

        if (options.Access.AdminKeyFile is not null && !options.Access.Keys)
        {
            yield return $"--{AdminKeyFile} is for --auth keys: expected both or neither";
        }
    }
}
