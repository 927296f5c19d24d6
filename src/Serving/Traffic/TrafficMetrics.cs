using Krewe.Abstractions;
using Krewe.Rollouts;

namespace Krewe.Serving;

/// <summary>Metrics of routes and rollouts in this process.</summary>
internal sealed class TrafficMetrics(TrafficLedger ledger, RouteMeter meter, RollbackCounter rollbacks)
{
    /// <summary>A reading.</summary>
    public IEnumerable<MetricFamily> Read()
    {
        var rollouts = ledger.All.OrderBy(model => model.Name)
            .Select(model => (model.Name, model.Traffic.ActiveRollout))
            .Where(model => model.ActiveRollout is not null)
            .ToArray();
        return
        [
            .. meter.Read(),
            new("krewe_rollout_step", "The step of a rollout under way, from 1; 0 while the new version is warmed up", MetricKind.Gauge,
                [.. rollouts.Select(model => Sample(model.Name, model.ActiveRollout!.Step + 1))]),
            new("krewe_rollout_canary_ratio", "The share of calls that the new version of a rollout under way answers, 0 to 1", MetricKind.Gauge,
                [.. rollouts.Select(model => Sample(model.Name, RolloutRoute.Of(model.ActiveRollout!).Canary.Percent / 100))]),
            rollbacks.Read(),
        ];
    }

    private static MetricSample Sample(ModelName model, double value) => new([new("model", model.Value)], value);
}
