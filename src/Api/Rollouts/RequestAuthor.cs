using Krewe.Abstractions.Errors;
using Krewe.Rollouts.States;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Rollouts;

/// <summary>Who asks for a change: who the caller says he is, or else where the call came from. Nothing of it is proven.</summary>
internal static class RequestAuthor
{
    /// <summary>The header in which callers name themselves.</summary>
    public const string Header = "Krewe-Actor";

    /// <summary>The longest name, in characters.</summary>
    public const int MaxLength = 200;

    /// <summary>Reads it; a name that cannot be right throws <see cref="KreweException"/>.</summary>
    public static ChangeAuthor Read(HttpContext context, string reason, DateTimeOffset now) =>
        new(ReadActor(context.Request) ?? PeerOf(context), reason, now);

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
            $"header {Header} is '{name}', the name under which the server itself decides: expected another");
    }

    private static string PeerOf(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } address => address.MapToIPv4().ToString(),
        var address => address.ToString(),
    };
}
