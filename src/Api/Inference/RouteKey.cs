using System.Globalization;
using System.Text;
using Krewe.Abstractions.Errors;
using Krewe.Api.Settings;
using Krewe.Api.TensorJson;
using Krewe.Rollouts.Routes;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Inference;

/// <summary>Reads the sticky key, which keeps a caller on one version during a rollout. An empty key is none.</summary>
internal static class RouteKey
{
    /// <summary>The maximum UTF-8 length of <see cref="StickyKey.MaxLength"/> characters.</summary>
    private const int MaxBytes = StickyKey.MaxLength * 3;

    /// <summary>The key in the request's header; null for none.</summary>
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

    /// <summary>The key in the body's parameters: a string, or an integer, which equals the string of its digits.</summary>
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

    /// <summary>A key given as text; null for an empty one.</summary>
    public static string? Of(string text) =>
        text.Length > StickyKey.MaxLength ? throw TooLong("parameter 'route_key'") : text.Length > 0 ? text : null;

    /// <summary>A key given as an integer.</summary>
    public static string Of(long number) => number.ToString(CultureInfo.InvariantCulture);

    private static string ReadInteger(ref JsonCursor cursor)
    {
        var at = cursor.Position;
        if (!IntegerElement<long>.TryRead(cursor.Json, ref at, out var number))
        {
            throw cursor.WrongToken("parameter 'route_key'", "a string or an integer of 64 bits");
        }

        cursor.Position = at;
        return Of(number);
    }

    private static KreweException TooLong(string what) =>
        KreweException.InvalidInput($"{what} is longer than {StickyKey.MaxLength} characters, the most that a key may have");
}
