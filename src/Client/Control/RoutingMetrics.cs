using System.Diagnostics.Metrics;
using Krewe.Abstractions.Telemetry;
using Krewe.Client.Admission;
using Krewe.Client.Counters;
using Krewe.Client.Monitoring;
using Krewe.Client.Retrying;
using Krewe.Client.Routing;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.Routes;
using Microsoft.Extensions.Hosting;

namespace Krewe.Client.Control;

/// <summary>The metrics of the calls that this process routes, over what it counts anyway. A service, so that the host makes it.</summary>
internal sealed class RoutingMetrics : IHostedService
{
    public RoutingMetrics(
        IMeterFactory meters, RoutingCounters counters, RetryBudget budget, CallAdmission admission, TrafficRegistry traffics,
        IClusterSnapshotSource snapshots)
    {
        var meter = meters.Create(KreweTelemetry.RoutingMeter);
        meter.CreateObservableGauge(
            "krewe_rollout_step", () => ReadRollouts(snapshots, static rollout => rollout.Step + 1),
            description: "The step of the model's rollout, from 1; 0 while the new version is warmed up. It is the cluster's: the same "
                + "value from every process");
        meter.CreateObservableGauge(
            "krewe_rollout_canary_ratio",
            () => ReadRollouts(snapshots, static rollout => rollout.Canary.PartsPerMillion / (double)Share.Whole),
            description: "The share of the model's calls, 0 to 1, that the new version of its rollout gets. It is the cluster's: the same "
                + "value from every process");
        meter.CreateObservableCounter(
            "krewe_gateway_attempts_total", () => counters.Attempts, description: "Calls sent to replicas");
        meter.CreateObservableCounter(
            "krewe_gateway_relayed_calls_total", () => counters.Relayed,
            description: "Calls sent through another silo, their replica being out of reach");
        meter.CreateObservableCounter(
            "krewe_gateway_retries_total", () => counters.Retries, description: "Calls sent again after a loss or a refusal");
        meter.CreateObservableCounter(
            "krewe_gateway_retry_budget_refusals_total", () => counters.BudgetRefusals,
            description: "Calls not sent again because the retry budget was used up");
        meter.CreateObservableGauge("krewe_gateway_retry_budget", () => budget.Available, description: "Retries that could be made now");
        meter.CreateObservableCounter(
            "krewe_gateway_shed_total", () => counters.Shed, description: "Requests refused because too much was under way");
        meter.CreateObservableCounter(
            "krewe_gateway_circuit_refusals_total", () => counters.BreakerRefusals,
            description: "Requests refused because their version kept failing");
        meter.CreateObservableCounter(
            "krewe_gateway_lost_silos_total", () => counters.LostSilos, description: "Silos that stopped answering");
        meter.CreateObservableCounter(
            "krewe_gateway_abandoned_calls_total", () => counters.Abandoned, description: "Calls that no replica knew of any more");
        meter.CreateObservableGauge(
            "krewe_gateway_requests_in_flight", () => (long)admission.Outstanding, description: "Inferences under way");
        meter.CreateObservableGauge(
            "krewe_gateway_input_bytes", () => admission.InputBytes, description: "Bytes of the inputs of inferences under way");
        meter.CreateObservableGauge(
            "krewe_gateway_circuit_open",
            () => traffics.All.Where(static traffic => traffic.Breaker is { IsOpen: true })
                .Select(static traffic => new Measurement<long>(1, KreweTelemetry.TagsOf(traffic.Id))),
            description: "Versions that keep failing and are called only now and then");
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private static IEnumerable<Measurement<double>> ReadRollouts(IClusterSnapshotSource snapshots, Func<RolloutRoute, double> read) =>
        from model in snapshots.Current.Models.Values
        where model.Traffic?.Rollout is not null
        select new Measurement<double>(read(model.Traffic!.Rollout!), new KeyValuePair<string, object?>("model", model.Name.Value));
}
