using System.Text.Json;
using Krewe.Abstractions.Models;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Krewe.Rollouts.States;

namespace Krewe.Rollouts.Storage;

/// <summary>
/// Traffic, counts, plans and routes as they are stored and travel: JSON, which older and newer versions read. Each member has a name of
/// its own there, whatever it is called in the code. One without a value has its default, one that is not known is passed over.
/// </summary>
public static class TrafficJson
{
    // Not by generated code: that gives members which are not there the default of their type rather than ours.
    private static readonly JsonSerializerOptions Options = new()
    {
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        DefaultIgnoreCondition = JsonIgnoreCondition.Never,
        IgnoreReadOnlyProperties = true,
        Converters = { new JsonStringEnumConverter(), new VersionJsonConverter(), new ShareJsonConverter() },
    };

    /// <summary>The text of a state.</summary>
    public static byte[] Write(ModelTraffic traffic) => JsonSerializer.SerializeToUtf8Bytes(traffic, Options);

    /// <summary>The text of counts.</summary>
    public static byte[] Write(RolloutCounts counts) => JsonSerializer.SerializeToUtf8Bytes(counts, Options);

    /// <summary>The text of a plan.</summary>
    public static byte[] Write(RolloutPlan plan) => JsonSerializer.SerializeToUtf8Bytes(plan, Options);

    /// <summary>The text of a route.</summary>
    public static byte[] Write(TrafficRoute route) => JsonSerializer.SerializeToUtf8Bytes(route, Options);

    /// <summary>Reads a state; throws <see cref="JsonException"/> where it is none.</summary>
    public static ModelTraffic ReadTraffic(ReadOnlySpan<byte> json)
    {
        var traffic = JsonSerializer.Deserialize<ModelTraffic>(json, Options) ?? throw new JsonException("null is no state");
        return traffic with { Aliases = traffic.Aliases.WithComparers(StringComparer.Ordinal) };
    }

    /// <summary>Reads counts; throws <see cref="JsonException"/> where they are none.</summary>
    public static RolloutCounts ReadCounts(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<RolloutCounts>(json, Options) ?? throw new JsonException("null is no counts");

    /// <summary>Reads a plan; throws <see cref="JsonException"/> where it is none.</summary>
    public static RolloutPlan ReadPlan(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<RolloutPlan>(json, Options) ?? throw new JsonException("null is no plan");

    /// <summary>Reads a route; throws <see cref="JsonException"/> where it is none.</summary>
    public static TrafficRoute ReadRoute(ReadOnlySpan<byte> json)
    {
        var route = JsonSerializer.Deserialize<TrafficRoute>(json, Options) ?? throw new JsonException("null is no route");
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
