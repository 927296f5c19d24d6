using Krewe.Abstractions.Metrics;
using Krewe.Client.Admission;
using Krewe.Client.Counters;
using Krewe.Client.Retrying;
using Krewe.Client.Routing;
using Krewe.Client.Monitoring;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Plans;

namespace Krewe.Client.Control;

/// <summary>This process's routing metrics.</summary>
public static class RoutingMetrics
{
    /// <summary>Active rollouts by the cluster snapshot, and the calls of models with a route.</summary>
    public static IEnumerable<MetricFamily> Read(RouteMeter meter, ClusterSnapshot snapshot)
    {
        var rollouts = snapshot.Models.Values.Where(model => model.Traffic?.Rollout is not null).OrderBy(model => model.Name)
            .Select(model =>
                (Labels: new[] { KeyValuePair.Create("model", model.Name.Value) }, Rollout: model.Traffic!.Rollout!)).ToArray();
        yield return new(
            "krewe_rollout_step",
            "The step of the model's rollout, from 1; 0 while the new version is warmed up. It is the cluster's: the same value from every "
                + "process",
            MetricKind.Gauge,
            [.. rollouts.Select(rollout => new MetricSample(rollout.Labels, rollout.Rollout.Step + 1))]);
        yield return new(
            "krewe_rollout_canary_ratio",
            "The share of the model's calls, 0 to 1, that the new version of its rollout gets. It is the cluster's: the same value from "
                + "every process",
            MetricKind.Gauge,
            [.. rollouts.Select(
                rollout => new MetricSample(rollout.Labels, rollout.Rollout.Canary.PartsPerMillion / (double)Share.Whole))]);
        foreach (var family in meter.Read())
        {
            yield return family;
        }
    }

    public static IEnumerable<MetricFamily> Read(RoutingCounters counters, RetryBudget budget, CallAdmission admission, TrafficBook book)
    {
        yield return Single("krewe_gateway_attempts_total", "Calls sent to replicas", MetricKind.Counter, counters.Attempts);
        yield return Single(
            "krewe_gateway_relayed_calls_total", "Calls sent through another silo, their replica being out of reach", MetricKind.Counter,
            counters.Relayed);
        yield return Single(
            "krewe_gateway_retries_total", "Calls sent again after a loss or a refusal", MetricKind.Counter, counters.Retries);
        yield return Single(
            "krewe_gateway_retry_budget_refusals_total", "Calls not sent again because the retry budget was used up", MetricKind.Counter,
            counters.BudgetRefusals);
        yield return Single("krewe_gateway_retry_budget", "Retries that could be made now", MetricKind.Gauge, budget.Available);
        yield return Single(
            "krewe_gateway_shed_total", "Requests refused because too much was under way", MetricKind.Counter, counters.Shed);
        yield return Single(
            "krewe_gateway_circuit_refusals_total", "Requests refused because their version kept failing", MetricKind.Counter,
            counters.BreakerRefusals);
        yield return Single("krewe_gateway_lost_silos_total", "Silos that stopped answering", MetricKind.Counter, counters.LostSilos);
        yield return Single(
            "krewe_gateway_abandoned_calls_total", "Calls that no replica knew of any more", MetricKind.Counter, counters.Abandoned);
        yield return Single("krewe_gateway_requests_in_flight", "Inferences under way", MetricKind.Gauge, admission.Outstanding);
        yield return Single(
            "krewe_gateway_input_bytes", "Bytes of the inputs of inferences under way", MetricKind.Gauge, admission.InputBytes);
        var open = book.All.Where(traffic => traffic.Breaker is { IsOpen: true }).Select(traffic => traffic.Id).Order().ToArray();
        yield return new(
            "krewe_gateway_circuit_open", "Versions that keep failing and are called only now and then", MetricKind.Gauge,
            [.. open.Select(id => new MetricSample([new("model", id.Name.Value), new("version", id.Version.ToString())], 1))]);
    }

    private static MetricFamily Single(string name, string help, MetricKind kind, double value) => new(name, help, kind, [new([], value)]);
}
