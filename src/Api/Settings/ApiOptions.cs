using System.Buffers;
using System.Reflection;

namespace Krewe.Api.Settings;

/// <summary>Settings of the HTTP side.</summary>
public sealed class ApiOptions
{
    private static readonly SearchValues<char> HeaderNameCharacters =
        SearchValues.Create("!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

    /// <summary>The name that <c>GET /v2</c> answers with.</summary>
    public string ServerName { get; set; } = "krewe";

    /// <summary>The version that <c>GET /v2</c> answers with; by default that of this build.</summary>
    public string ServerVersion { get; set; } = Assembly.GetExecutingAssembly().GetName().Version?.ToString(3) ?? "0.0.0";

    /// <summary>
    /// The header in which callers give a key, to be sent to the same version again while a rollout splits the calls. Default
    /// <c>Krewe-Route-Key</c>.
    /// </summary>
    public string RouteKeyHeader { get; set; } = "Krewe-Route-Key";

    /// <summary>
    /// Whether errors of every path are answered, counted and told as those of Krewe's own paths are, for a program that serves nothing
    /// else. Default false: an application's other paths are its own.
    /// </summary>
    public bool OwnsEveryPath { get; set; }

    /// <summary>What one request may ask for.</summary>
    public ApiLimits Limits { get; } = new();

    /// <summary>Whether versions can be published and deleted over HTTP, where the host can do it. Default true.</summary>
    public bool Publishing { get; set; } = true;

    /// <summary>
    /// How long a stopping process goes on accepting connections, so that callers learn of it from an answer and not from a
    /// refused connection. A process without traffic does not wait. Default 500 ms.
    /// </summary>
    public TimeSpan StopGrace { get; set; } = TimeSpan.FromMilliseconds(500);

    /// <summary>How long accepted requests may take to end once the grace is over; then they are cut. Default 30 s.</summary>
    public TimeSpan ShutdownTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What is wrong with these settings, one sentence each; empty where nothing is.</summary>
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

    /// <summary>Whether a text can be the name of a header (a token of RFC 9110, section 5.6.2) of at most 100 characters.</summary>
    public static bool IsHeaderName(string? text) =>
        text?.Length is > 0 and <= 100 && !text.AsSpan().ContainsAnyExcept(HeaderNameCharacters);
}
