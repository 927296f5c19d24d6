using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Krewe.Rollouts.Storage;

namespace Krewe.Member.Files;

/// <summary>
/// The states of our grains as text that an operator can read and mend. What they keep as bytes is JSON of <see cref="TrafficJson"/> and
/// stands there as such. Each member has a name of its own, whatever it is called in the code; one without a value has its default, one
/// that is not known is passed over.
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

    /// <summary>Reads a state; throws <see cref="JsonException"/> where it is none, down to the decisions and counts in it.</summary>
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
