using System.Diagnostics;
using Krewe.Abstractions.Models;

namespace Krewe.Abstractions.Telemetry;

/// <summary>
/// Names of Krewe's meters and spans; docs/operating.md lists them. Meters come from the host's
/// <see cref="System.Diagnostics.Metrics.IMeterFactory"/>, so that <c>Meter.Scope</c> separates hosts in one process.
/// </summary>
public static class KreweTelemetry
{
    /// <summary>The name of <see cref="Source"/>.</summary>
    public const string SourceName = "Krewe";

    /// <summary>The meter of what a silo has: models, memory, loads, runs.</summary>
    public const string SiloMeter = "Krewe.Silo";

    /// <summary>The meter of calls that a process routes: replicas, retries, rollouts.</summary>
    public const string RoutingMeter = "Krewe.Routing";

    /// <summary>The meter of HTTP requests.</summary>
    public const string HttpMeter = "Krewe.Http";

    /// <summary>
    /// The tag of a histogram whose count is exported as a counter too: the counter's name. What both show is counted once.
    /// </summary>
    public const string CounterTag = "counter";

    /// <summary>
    /// The spans of a call: <c>krewe.route</c>, <c>krewe.call</c> for each attempt, <c>krewe.replica</c> where it comes as a message,
    /// <c>krewe.queue</c> and <c>krewe.run</c>.
    /// </summary>
    public static ActivitySource Source { get; } = new(SourceName);

    /// <summary>The current span; null without a listener.</summary>
    public static Activity? Span => Source.HasListeners() ? Activity.Current : null;

    /// <summary>Marks a span as failed. False, for the filter of a catch clause.</summary>
    public static bool Failed(this Activity? span, Exception error)
    {
        span?.SetStatus(ActivityStatusCode.Error, error.Message);
        return false;
    }

    /// <summary>The tags of what is measured by version: <c>model</c> and <c>version</c>.</summary>
    public static KeyValuePair<string, object?>[] TagsOf(ModelId version) =>
        [new("model", version.Name.Value), new("version", version.Version.ToString())];
}
