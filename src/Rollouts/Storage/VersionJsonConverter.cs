using System.Text.Json;
using System.Text.Json.Serialization;
using Krewe.Abstractions;

namespace Krewe.Rollouts;

/// <summary>A version is stored as its number.</summary>
internal sealed class VersionJsonConverter : JsonConverter<ModelVersion>
{
    public override ModelVersion Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TryGetInt64(out var number) && number > 0 ? new ModelVersion(number) : throw new JsonException("expected a version, a positive integer");

    public override void Write(Utf8JsonWriter writer, ModelVersion value, JsonSerializerOptions options) => writer.WriteNumberValue(value.Number);
}
