using System.Globalization;
using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Api.Settings;
using Krewe.Api.TensorJson;
using Krewe.Rollouts.Routes;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Inference;

/// <summary>Reads what a caller gives to be sent to the same version again while a rollout splits the calls. Empty is none.</summary>
internal static class RouteKey
{
    /// <summary>The most bytes of UTF-8 that <see cref="StickyKey.MaxLength"/> characters can have.</summary>
    private const int MaxBytes = StickyKey.MaxLength * 3;

    /// <summary>The key in the header of a request; null where there is none.</summary>
    public static string? Read(HttpRequest request, ApiOptions options)
    {
        var values = request.Headers[options.RouteKeyHeader];
        if (values.Count == 0)
        {
            return null;
        }

        return values.Count > 1 ? throw KreweException.InvalidInput(
            $"header {options.RouteKeyHeader} appears {values.Count} times: expected one key")
            : values[0]!.Length > StickyKey.MaxLength ? throw TooLong($"header {options.RouteKeyHeader}")
            : values[0]!.Length > 0 ? values[0]
            : null;
    }

    /// <summary>The key in the parameters of a body: a string, or an integer, which is the same key as its digits.</summary>
    public static string? Read(ref JsonCursor cursor)
    {
        if (cursor.TryTakeNull())
        {
            return null;
        }

        if (cursor.Peek() != '"')
        {
            return ReadInteger(ref cursor);
        }

        var text = cursor.ReadText();
        return text.Length > MaxBytes || Encoding.UTF8.GetCharCount(text) > StickyKey.MaxLength ? throw TooLong("parameter 'route_key'")
            : text.Length > 0 ? Encoding.UTF8.GetString(text)
            : null;
    }

    private static string ReadInteger(ref JsonCursor cursor)
    {
        var at = cursor.Position;
        if (!IntegerElement<long>.TryRead(cursor.Json, ref at, out var number))
        {
            throw cursor.WrongToken("parameter 'route_key'", "a string or an integer of 64 bits");
        }

        cursor.Position = at;
        return number.ToString(CultureInfo.InvariantCulture);
    }

    private static KreweException TooLong(string what) =>
        KreweException.InvalidInput($"{what} is longer than {StickyKey.MaxLength} characters, the most that a key may have");
}
