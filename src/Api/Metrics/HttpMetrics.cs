using Krewe.Abstractions.Metrics;
using Krewe.Api.Stopping;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Metrics;

/// <summary>Counts requests by method, route and status class. The routes are known once the application is mapped.</summary>
internal sealed class HttpMetrics(Traffic traffic, TimeProvider time)
{
    private readonly List<RouteCounters> routes = [];
    private readonly RouteCounters unmatched = new("", "unmatched", time.TimestampFrequency);

    /// <summary>Makes the counters of a route. Only while routes are being mapped.</summary>
    public RouteCounters AddRoute(string method, string route)
    {
        var counters = new RouteCounters(method, route, time.TimestampFrequency);
        routes.Add(counters);
        return counters;
    }

    /// <summary>The counters for requests to an endpoint; those without one of ours share theirs.</summary>
    public RouteCounters Of(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<RouteCounters>() ?? unmatched;

    /// <summary>A reading; routes never called are left out.</summary>
    public IReadOnlyList<MetricFamily> Read()
    {
        var readings = routes.Append(unmatched).Where(route => route.Total > 0).ToList();
        return
        [
            new MetricFamily(
                "krewe_http_requests_total",
                "Requests answered, by method, route and status class.",
                MetricKind.Counter,
                readings.SelectMany(route => route.ReadCounts()).ToList()),
            new MetricFamily(
                "krewe_http_requests_in_flight",
                "Requests being answered.",
                MetricKind.Gauge,
                [new MetricSample([], traffic.InFlight)]),
            new MetricFamily(
                "krewe_http_request_duration_seconds",
                "From a request's headers to the end of its answer, by method and route.",
                MetricKind.Histogram,
                readings.SelectMany(route => route.ReadDurations()).ToList()),
        ];
    }
}
