using System.Diagnostics.Metrics;
using Krewe.Abstractions.Telemetry;
using Krewe.Rollouts.Counting;
using Microsoft.Extensions.Hosting;

namespace Krewe.Grains.Rollouts;

/// <summary>The metric of <see cref="RollbackCounter"/>. A service, so that the host makes it.</summary>
internal sealed class RollbackMetrics : IHostedService
{
    public RollbackMetrics(IMeterFactory meters, RollbackCounter rollbacks) =>
        meters.Create(KreweTelemetry.SiloMeter).CreateObservableCounter(
            "krewe_rollbacks_total",
            () => rollbacks.Read().Select(static read => new Measurement<long>(
                read.Count, new("model", read.Model.Value), new KeyValuePair<string, object?>("guard", read.Guard))),
            description: "Rollouts that went back by themselves, by the guard that sent them");

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
