namespace Krewe.Abstractions.Hosting;

/// <summary>The metrics of a cluster's silos, for an HTTP API that exports them beside its own.</summary>
public interface ISiloMetrics
{
    /// <summary>The metrics of all silos that answer as Prometheus text, each series with its silo as the label <c>silo</c>.</summary>
    ValueTask<string> ReadAsync(CancellationToken cancellationToken);
}
