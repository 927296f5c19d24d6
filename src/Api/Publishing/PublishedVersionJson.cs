using System.Text.Json;

namespace Krewe.Api.Publishing;

/// <summary>Writes the result of a publish.</summary>
internal static class PublishedVersionJson
{
    public static void Write(Utf8JsonWriter json, PublishAnswer answer)
    {
        var published = answer.Published;
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
        if (answer.Rollout is { } rollout)
        {
            json.WriteStartObject("rollout");
            json.WriteBoolean("started", rollout.Id is not null);
            json.WriteString(rollout.Id is null ? "reason" : "id", rollout.Id ?? rollout.Reason);
            json.WriteEndObject();
        }

        json.WriteEndObject();
    }
}
