using System.Text.Json;
using Krewe.Abstractions;

namespace Krewe.Api;

/// <summary>Writes what became of a publish.</summary>
internal static class PublishedVersionJson
{
    public static void Write(Utf8JsonWriter json, PublishedVersion published)
    {
        json.WriteStartObject();
        json.WriteString("name", published.Model.Name.Value);
        json.WriteString("version", published.Model.Version.ToString());
        json.WriteNumber("size_bytes", published.SizeBytes);
        json.WriteString("sha256", published.Sha256.Hex);
        json.WriteStartArray("files");
        foreach (var file in published.Files)
        {
            json.WriteStartObject();
            json.WriteString("name", file.Name);
            json.WriteNumber("size_bytes", file.SizeBytes);
            json.WriteString("sha256", file.Sha256.Hex);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteBoolean("created", published.IsNew);
        json.WriteEndObject();
    }
}
