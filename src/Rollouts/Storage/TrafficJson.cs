using System.Text.Json;
using System.Text.Json.Serialization;

namespace Krewe.Rollouts;

/// <summary>
/// Traffic and counts as they are stored: JSON, which older and newer versions read. A member without a value has its default, one that is not
/// known is passed over.
/// </summary>
public static class TrafficJson
{
    // Not by generated code: that gives members which are not there the default of their type rather than ours.
    private static readonly JsonSerializerOptions Options = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        IgnoreReadOnlyProperties = true,
        Converters = { new JsonStringEnumConverter(), new VersionJsonConverter(), new ShareJsonConverter() },
    };

    /// <summary>The text of a state.</summary>
    public static byte[] Write(ModelTraffic traffic) => JsonSerializer.SerializeToUtf8Bytes(traffic, Options);

    /// <summary>The text of counts.</summary>
    public static byte[] Write(RolloutCounts counts) => JsonSerializer.SerializeToUtf8Bytes(counts, Options);

    /// <summary>Reads a state; throws <see cref="JsonException"/> where it is none.</summary>
    public static ModelTraffic ReadTraffic(ReadOnlySpan<byte> json)
    {
        var traffic = JsonSerializer.Deserialize<ModelTraffic>(json, Options) ?? throw new JsonException("null is no state");
        return traffic with { Aliases = traffic.Aliases.WithComparers(StringComparer.Ordinal) };
    }

    /// <summary>Reads counts; throws <see cref="JsonException"/> where they are none.</summary>
    public static RolloutCounts ReadCounts(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<RolloutCounts>(json, Options) ?? throw new JsonException("null is no counts");
}
