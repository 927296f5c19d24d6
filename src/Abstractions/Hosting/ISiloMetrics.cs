namespace Krewe.Abstractions.Hosting;

/// <summary>What the silos of a cluster measure, for a front door that shows it beside its own metrics.</summary>
public interface ISiloMetrics
{
    /// <summary>The metrics of all silos that answer as Prometheus text, each series with its silo as the label <c>silo</c>.</summary>
    ValueTask<string> ReadAsync(CancellationToken cancellationToken);
}
