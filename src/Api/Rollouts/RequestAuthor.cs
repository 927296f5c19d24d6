using Krewe.Abstractions.Errors;
using Krewe.Rollouts.States;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Rollouts;

/// <summary>
/// The author of a change: the name of an authenticated caller; without authentication the caller's header, or else its address.
/// </summary>
internal static class RequestAuthor
{
    /// <summary>The header with the caller's name.</summary>
    public const string Header = "Krewe-Actor";

    /// <summary>The maximum length of a name, in characters.</summary>
    public const int MaxLength = 200;

    /// <summary>Reads the author; an invalid name throws <see cref="KreweException"/>.</summary>
    public static ChangeAuthor Read(HttpContext context, string reason, DateTimeOffset now) =>
        new(ProvenName(context) ?? ReadActor(context.Request) ?? PeerOf(context), reason, now);

    private static string? ProvenName(HttpContext context) =>
        context.User.Identity is { IsAuthenticated: true, Name: { Length: > 0 } name } ? name : null;

    private static string? ReadActor(HttpRequest request)
    {
        var values = request.Headers[Header];
        if (values.Count == 0)
        {
            return null;
        }

        var name = values.Count == 1 ? values[0]!.Trim() : "";
        if (name.Length is 0 or > MaxLength || name.Any(char.IsControl))
        {
            throw KreweException.InvalidInput(
                $"header {Header} is '{ErrorText.Quote(values.ToString())}': expected one name of 1 to {MaxLength} visible characters");
        }

        return name != ChangeAuthor.Krewe ? name : throw KreweException.InvalidInput(
            $"header {Header} is '{name}', which is reserved for the server: expected another");
    }

    private static string PeerOf(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } address => address.MapToIPv4().ToString(),
        var address => address.ToString(),
    };
}
