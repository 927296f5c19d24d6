using System.Text.Json;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Storage;

/// <summary>
/// The JSON of traffic, counts, plans and routes, in storage and on the wire; compatible across versions. Member names are fixed,
/// independent of the names in code. Missing members have their default; unknown ones are ignored.
/// </summary>
public static class TrafficJson
{
    // No source generation: it gives missing members the default of their type instead of ours.
    private static readonly JsonSerializerOptions Options = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        IgnoreReadOnlyProperties = true,
        Converters = { new JsonStringEnumConverter(), new VersionJsonConverter(), new ShareJsonConverter() },
    };

    /// <summary>Serializes a state.</summary>
    public static byte[] Write(ModelTraffic traffic) => JsonSerializer.SerializeToUtf8Bytes(traffic, Options);

    /// <summary>Serializes counts.</summary>
    public static byte[] Write(RolloutCounts counts) => JsonSerializer.SerializeToUtf8Bytes(counts, Options);

    /// <summary>Serializes a plan.</summary>
    public static byte[] Write(RolloutPlan plan) => JsonSerializer.SerializeToUtf8Bytes(plan, Options);

    /// <summary>Serializes a route.</summary>
    public static byte[] Write(TrafficRoute route) => JsonSerializer.SerializeToUtf8Bytes(route, Options);

    /// <summary>Parses a state; throws <see cref="JsonException"/> if it is invalid.</summary>
    public static ModelTraffic ReadTraffic(ReadOnlySpan<byte> json)
    {
        var traffic = JsonSerializer.Deserialize<ModelTraffic>(json, Options) ?? throw new JsonException("null is not a state");
        return traffic with { Aliases = traffic.Aliases.WithComparers(StringComparer.Ordinal) };
    }

    /// <summary>Parses counts; throws <see cref="JsonException"/> if they are invalid.</summary>
    public static RolloutCounts ReadCounts(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<RolloutCounts>(json, Options) ?? throw new JsonException("null is not valid counts");

    /// <summary>Parses a plan; throws <see cref="JsonException"/> if it is invalid.</summary>
    public static RolloutPlan ReadPlan(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<RolloutPlan>(json, Options) ?? throw new JsonException("null is not a plan");

    /// <summary>Parses a route; throws <see cref="JsonException"/> if it is invalid.</summary>
    public static TrafficRoute ReadRoute(ReadOnlySpan<byte> json)
    {
        var route = JsonSerializer.Deserialize<TrafficRoute>(json, Options) ?? throw new JsonException("null is not a route");
        return route with { Aliases = route.Aliases.WithComparers(StringComparer.Ordinal) };
    }
}

/// <summary>A share is stored in parts per million.</summary>
internal sealed class ShareJsonConverter : JsonConverter<Share>
{
    public override Share Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TryGetInt32(out var parts) && parts is >= 0 and <= Share.Whole
            ? new Share(parts)
            : throw new JsonException($"expected a share in parts per million, 0 to {Share.Whole}");

    public override void Write(Utf8JsonWriter writer, Share value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.PartsPerMillion);
}

/// <summary>A version is stored as its number.</summary>
internal sealed class VersionJsonConverter : JsonConverter<ModelVersion>
{
    public override ModelVersion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TryGetInt64(out var number) && number > 0 ? new ModelVersion(number) : throw new JsonException(
            "expected a version, a positive integer");

    public override void Write(Utf8JsonWriter writer, ModelVersion value, JsonSerializerOptions options) =>
        writer.WriteNumberValue(value.Number);
}
