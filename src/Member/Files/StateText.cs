using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Krewe.Rollouts.Storage;

namespace Krewe.Member.Files;

/// <summary>
/// Grain states as JSON that an operator can read and edit. Bytes hold JSON of <see cref="TrafficJson"/> and are embedded as such. Names
/// are explicit, independent of the code's; missing members have their defaults, unknown ones are ignored.
/// </summary>
internal static class StateText
{
    private static readonly JsonSerializerOptions Options = new()
    {
        IgnoreReadOnlyProperties = true,
        WriteIndented = true,
        Converters = { new EmbeddedJson() },
    };

    public static byte[] Write<T>(T state) => JsonSerializer.SerializeToUtf8Bytes(state, Options);

    /// <summary>Reads a state; throws <see cref="JsonException"/> if it is invalid, including embedded decisions and counts.</summary>
    public static T Read<T>(StateKind kind, byte[] text)
    {
        var state = JsonSerializer.Deserialize<T>(text, Options) ?? throw new JsonException("null is no state");
        if (kind == StateKind.Decisions)
        {
            _ = Embedded(text, "traffic") is { } traffic ? TrafficJson.ReadTraffic(traffic) : null;
        }
        else if (kind == StateKind.Counts)
        {
            _ = JsonNode.Parse(text)?["reports"]?.AsObject().Select(static report =>
                TrafficJson.ReadCounts(Bytes(report.Value?["counts"]))).Count();
        }

        return state;
    }

    private static byte[]? Embedded(byte[] text, string name) => JsonNode.Parse(text)?[name] is { } node ? Bytes(node) : null;

    private static byte[] Bytes(JsonNode? node) => JsonSerializer.SerializeToUtf8Bytes(node);

    private sealed class EmbeddedJson : JsonConverter<byte[]>
    {
        public override byte[]? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var document = JsonDocument.ParseValue(ref reader);
            return JsonSerializer.SerializeToUtf8Bytes(document.RootElement);
        }

        public override void Write(Utf8JsonWriter writer, byte[] value, JsonSerializerOptions options)
        {
            using var document = JsonDocument.Parse(value);
            document.RootElement.WriteTo(writer);
        }
    }
}
