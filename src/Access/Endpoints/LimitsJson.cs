using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Abstractions.Errors;
using Krewe.Access.Limits;

namespace Krewe.Access.Endpoints;

/// <summary>Limits as the API has them, of a key and of a tenant.</summary>
internal static class LimitsJson
{
    private const int MaxParallel = 100_000;

    /// <summary>The members that <see cref="Read"/> knows.</summary>
    public static readonly string[] Members = ["rate", "burst", "parallel"];

    /// <summary>The limits of an object; null if it has none.</summary>
    public static CallLimits? Read(JsonElement root)
    {
        CallRate? rate = null;
        if (KeyRequest.Text(root, "rate") is { } text)
        {
            rate = CallRate.TryParse(text, out var parsed) ? parsed
                : throw KeyRequest.Wrong(
                    "rate", $"'{ErrorText.Quote(text)}'",
                    $"1 to {CallRate.MaxCount} requests per second, minute or hour, such as 100/s, 600/m or 1000/h");
        }

        var limits = new CallLimits
        {
            Rate = rate, Burst = Count(root, "burst", CallRate.MaxCount), Parallel = Count(root, "parallel", MaxParallel),
        };
        return limits.Burst is not null && rate is null
            ? throw KeyRequest.Wrong("burst", "without 'rate'", "both, or 'rate' alone")
            : limits is { Rate: null, Parallel: null } ? null : limits;
    }

    /// <summary>The limits of a tenant.</summary>
    public static JsonObject Of(string tenant, CallLimits? limits) => new()
    {
        ["tenant"] = tenant, ["rate"] = limits?.Rate?.ToString(), ["burst"] = limits?.Burst, ["parallel"] = limits?.Parallel,
    };

    private static int? Count(JsonElement root, string member, int most) =>
        !root.TryGetProperty(member, out var value) || value.ValueKind == JsonValueKind.Null ? null
        : value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out var count) && count > 0 && count <= most ? count
        : throw KeyRequest.Wrong(member, "not valid", $"a number from 1 to {most}");
}
