using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Rollouts.Storage;

namespace Krewe.Member.Files;

/// <summary>
/// Reads files of the former Krewe.Standalone: <c>traffic/MODEL.json</c>, a model's decisions, and <c>counts/MODEL.json</c>. They are read
/// if there is no newer file, and deleted when that is written.
/// </summary>
internal sealed class EarlierFiles(string folder)
{
    private const string Extension = ".json";

    /// <summary>The folder of models with decisions.</summary>
    public string DecisionsFolder => Path.Combine(folder, "traffic");

    /// <summary>The path of a state's former file; null for a kind without one.</summary>
    public string? PathOf(StateKind kind, string key) =>
        kind == StateKind.Decisions ? Path.Combine(DecisionsFolder, key + Extension)
        : kind == StateKind.Counts ? Path.Combine(folder, "counts", key + Extension)
        : null;

    /// <summary>Converts a former file to the current format; throws <see cref="JsonException"/> if it is invalid.</summary>
    public static byte[] Convert(StateKind kind, byte[] content)
    {
        JsonNode value;
        if (kind == StateKind.Decisions)
        {
            // Epoch 1: a reader of the route takes it as a change.
            _ = TrafficJson.ReadTraffic(content);
            value = new JsonObject { ["epoch"] = 1, ["traffic"] = JsonNode.Parse(content) };
        }
        else
        {
            var counts = TrafficJson.ReadCounts(content);
            value = new JsonObject
            {
                ["rollout"] = counts.Rollout,
                ["reports"] = new JsonObject { [""] = new JsonObject { ["number"] = 1, ["counts"] = JsonNode.Parse(content) } },
            };
        }

        return JsonSerializer.SerializeToUtf8Bytes(value);
    }
}
