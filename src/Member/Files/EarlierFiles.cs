using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Rollouts.Storage;

namespace Krewe.Member.Files;

/// <summary>
/// What Krewe.Standalone, which served one process before, kept of a model: <c>traffic/MODEL.json</c>, its decisions, and
/// <c>counts/MODEL.json</c>. It is read where there is nothing newer, and goes when that is written.
/// </summary>
internal sealed class EarlierFiles(string folder)
{
    private const string Extension = ".json";

    /// <summary>The models about which something was decided.</summary>
    public string DecisionsFolder => Path.Combine(folder, "traffic");

    /// <summary>Where a state was kept; null where there was none of its kind.</summary>
    public string? PathOf(StateKind kind, string key) =>
        kind == StateKind.Decisions ? Path.Combine(DecisionsFolder, key + Extension)
        : kind == StateKind.Counts ? Path.Combine(folder, "counts", key + Extension)
        : null;

    /// <summary>The text of a state of today for what was kept then; throws <see cref="JsonException"/> where it cannot be read.</summary>
    public static byte[] Convert(StateKind kind, byte[] content)
    {
        JsonNode value;
        if (kind == StateKind.Decisions)
        {
            // Whoever reads the route takes the first epoch for news.
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
