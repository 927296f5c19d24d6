using System.Collections.Concurrent;
using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Grains;

/// <summary>Rollouts that this silo's grains have sent back, by model and reason. Thread-safe.</summary>
internal sealed class RollbackCounters
{
    private readonly ConcurrentDictionary<(string Model, string Guard), long> counts = new();

    /// <summary>A rollout was sent back.</summary>
    public void Add(string model, GuardKind? guard) => counts.AddOrUpdate((model, NameOf(guard)), 1, static (_, count) => count + 1);

    /// <summary>A reading.</summary>
    public MetricFamily Read() => new(
        "krewe_rollbacks_total", "Rollouts that went back by themselves, by the guard that sent them", MetricKind.Counter,
        [.. counts.OrderBy(pair => pair.Key).Select(pair => new MetricSample([new("model", pair.Key.Model), new("guard", pair.Key.Guard)], pair.Value))]);

    private static string NameOf(GuardKind? guard) => guard switch
    {
        GuardKind.ErrorRate => "error_rate",
        GuardKind.P50 => "p50",
        GuardKind.P99 => "p99",
        GuardKind.Disagreement => "disagreement",
        null => "warm_up",
        _ => throw new ArgumentOutOfRangeException(nameof(guard), guard, null),
    };
}
