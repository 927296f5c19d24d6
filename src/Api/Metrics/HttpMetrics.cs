using System.Diagnostics.Metrics;
using Krewe.Abstractions.Telemetry;
using Krewe.Api.Stopping;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Metrics;

/// <summary>
/// Measures requests by method, route and status class; routes never called are left out. ASP.NET Core's own meter has other names and
/// labels.
/// </summary>
internal sealed class HttpMetrics
{
    private readonly Histogram<double> durations;
    private readonly HttpRouteCounter unmatched;

    public HttpMetrics(Traffic traffic, IMeterFactory meters)
    {
        var meter = meters.Create(KreweTelemetry.HttpMeter);
        meter.CreateObservableGauge("krewe_http_requests_in_flight", () => traffic.InFlight, description: "Requests being answered.");
        durations = meter.CreateHistogram(
            "krewe_http_request_duration_seconds", "s",
            "From a request's headers to the end of its answer, by method, route and status class.",
            [new(KreweTelemetry.CounterTag, "krewe_http_requests_total")], new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
        unmatched = AddRoute("", "unmatched");
    }

    /// <summary>Makes the counter of a route. Only while routes are being mapped.</summary>
    public HttpRouteCounter AddRoute(string method, string route) =>
        new([new("method", method), new("route", route)], durations);

    /// <summary>The counter for requests to an endpoint; those without one of ours share theirs.</summary>
    public HttpRouteCounter Of(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<HttpRouteCounter>() ?? unmatched;
}

/// <summary>Measures the requests of one route, without a lock or an allocation.</summary>
internal sealed class HttpRouteCounter(KeyValuePair<string, object?>[] tags, Histogram<double> durations)
{
    private readonly KeyValuePair<string, object?>[][] tagsByClass =
        [.. Enumerable.Range(1, 5).Select(first => (KeyValuePair<string, object?>[])[.. tags, new("status", $"{first}xx")])];

    /// <summary>Records a request.</summary>
    public void Record(int status, TimeSpan took) =>
        durations.Record(took.TotalSeconds, tagsByClass[Math.Clamp(status / 100, 1, tagsByClass.Length) - 1]);
}
