using System.Buffers;
using System.Reflection;
using Krewe.Abstractions.Tls;

namespace Krewe.Api.Settings;

/// <summary>Settings of the HTTP API.</summary>
public sealed class ApiOptions
{
    private static readonly SearchValues<char> HeaderNameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The server name in <c>GET /v2</c>.</summary>
    public string ServerName { get; set; } = "krewe";

    /// <summary>The server version in <c>GET /v2</c>; by default this build's.</summary>
    public string ServerVersion { get; set; } = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>
    /// The header with a sticky key: during a rollout, requests with one key go to one version. Default <c>Krewe-Route-Key</c>.
    /// </summary>
    public string RouteKeyHeader { get; set; } = "Krewe-Route-Key";

    /// <summary>
    /// True to handle errors and metrics of all paths, for a program that serves nothing else. Default false: the application's other paths
    /// are not affected.
    /// </summary>
    public bool OwnsEveryPath { get; set; }

    /// <summary>
    /// The names that this server goes by, beside loopback and addresses: requests for other hosts get 403, because a page can make a name
    /// of its own resolve to this server. Null (the default) serves any host, for applications with host filtering of their own.
    /// </summary>
    public HostList? AllowedHosts { get; set; }

    /// <summary>
    /// The certificate of the ports that <c>UseHttp</c> and <c>UseGrpc</c> open; null (the default) for clear text. New connections get the
    /// one that is in force then.
    /// </summary>
    public TlsSource? Tls { get; set; }

    /// <summary>Limits of one request.</summary>
    public ApiLimits Limits { get; } = new();

    /// <summary>Allows publishing and deleting versions over HTTP, if the host supports it. Default true.</summary>
    public bool Publishing { get; set; } = true;

    /// <summary>
    /// How long a stopping process accepts new connections, so that clients learn of the shutdown from a response, not from a refused
    /// connection. An idle process does not wait. Default 500 ms.
    /// </summary>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>The time for requests in flight after <see cref="StopGrace"/>; then they are aborted. Default 30 s.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>All validation errors, one sentence each; empty if valid.</summary>
    public IReadOnlyList<string> Validate()
    {
        var errors = new List<string>(Limits.Validate().Select(error => $"{nameof(Limits)}.{error}"));
        if (string.IsNullOrWhiteSpace(ServerName))
        {
            errors.Add($"{nameof(ServerName)} is empty: expected a name");
        }

        if (!IsHeaderName(RouteKeyHeader))
        {
            errors.Add($"{nameof(RouteKeyHeader)} is '{RouteKeyHeader}': expected the name of a header");
        }

        if (StopGrace < TimeSpan.Zero || StopGrace > TimeSpan.FromMinutes(5))
        {
            errors.Add($"{nameof(StopGrace)} is {StopGrace}: expected 0 to 5 minutes");
        }

        if (ShutdownTimeout <= TimeSpan.Zero || ShutdownTimeout > TimeSpan.FromHours(1))
        {
            errors.Add($"{nameof(ShutdownTimeout)} is {ShutdownTimeout}: expected more than 0 and at most 1 hour");
        }

        return errors;
    }

    /// <summary>True for a valid header name (a token of RFC 9110, section 5.6.2) of at most 100 characters.</summary>
    public static bool IsHeaderName(string? text) =>
        text?.Length is > 0 and <= 100 && !text.AsSpan().ContainsAnyExcept(HeaderNameCharacters);
}
