using System.Text.Json;
using System.Text.Json.Serialization;

namespace Krewe.Rollouts;

/// <summary>A share is stored in parts per million.</summary>
internal sealed class ShareJsonConverter : JsonConverter<Share>
{
    public override Share Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TryGetInt32(out var parts) && parts is >= 0 and <= Share.Whole
            ? new Share(parts)
            : throw new JsonException($"expected a share in parts per million, 0 to {Share.Whole}");

    public override void Write(Utf8JsonWriter writer, Share value, JsonSerializerOptions options) => writer.WriteNumberValue(value.PartsPerMillion);
}
