using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Rollouts.Counts;
using Krewe.Rollouts.States;
using Krewe.Rollouts.Storage;

namespace Krewe.OneProcess.Tests.Rollouts;

/// <summary>What the program keeps of a model's traffic; reading it fails where it is torn.</summary>
internal sealed record StateOnDisk(ModelTraffic Traffic, RolloutCounts Counts)
{
    public static StateOnDisk Read(string models, string model)
    {
        var traffic = Read(models, "models", model)?["traffic"] is { } decided ? TrafficJson.ReadTraffic(Bytes(decided)) : ModelTraffic.None;
        var reports = Read(models, "rollouts", model)?["reports"]?.AsObject().Select(static report => TrafficJson.ReadCounts(Bytes(report.Value!["counts"]!))) ?? [];
        return new StateOnDisk(traffic, reports.Aggregate(RolloutCounts.None, Add));
    }

    private static RolloutCounts Add(RolloutCounts all, RolloutCounts one) => new(
        one.Rollout,
        one.Steps.Aggregate(all.Steps, static (steps, step) => steps.SetItem(step.Key, steps.TryGetValue(step.Key, out var before) ? before.Add(step.Value) : step.Value)));

    private static JsonNode? Read(string models, string kind, string model)
    {
        var path = Path.Combine(models, ".krewe", kind, model + ".json");
        return File.Exists(path) ? JsonNode.Parse(File.ReadAllBytes(path)) : null;
    }

    private static byte[] Bytes(JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node);
}
