using System.Globalization;
using System.Text.Json;

namespace Krewe.Api.Rollouts;

/// <summary>Writes values that JSON has no type for.</summary>
internal static class JsonValues
{
    /// <summary>A time as RFC 3339, in UTC with milliseconds; null for none.</summary>
    public static void WriteTime(this Utf8JsonWriter json, string name, DateTimeOffset? time) =>
        json.WriteString(name, time?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture));

    /// <summary>A number; NaN and infinities are strings, as in tensor data. Null for none.</summary>
    public static void WriteReal(this Utf8JsonWriter json, string name, double? number)
    {
        switch (number)
        {
            case null:
                json.WriteNull(name);
                break;
            case { } finite when double.IsFinite(finite):
                json.WriteNumber(name, finite);
                break;
            default:
                json.WriteString(name, double.IsNaN(number.Value) ? "NaN" : number > 0 ? "Infinity" : "-Infinity");
                break;
        }
    }

    /// <summary>A duration in seconds with milliseconds; null for none.</summary>
    public static void WriteSeconds(this Utf8JsonWriter json, string name, TimeSpan? time) =>
        json.WriteReal(name, time is { } span ? Math.Round(span.TotalSeconds, 3) : null);
}
