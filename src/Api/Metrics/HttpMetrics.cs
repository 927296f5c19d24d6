using System.Diagnostics.Metrics;
using Krewe.Abstractions.Telemetry;
using Krewe.Api.Stopping;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Metrics;

/// <summary>
/// Counts requests by method, route and status class; routes never called are left out. ASP.NET Core's own meter has other names and
/// labels.
/// </summary>
internal sealed class HttpMetrics
{
    private readonly List<HttpRouteCounter> routes = [];
    private readonly Histogram<double> durations;
    private readonly HttpRouteCounter unmatched;

    public HttpMetrics(Traffic traffic, IMeterFactory meters)
    {
        var meter = meters.Create(KreweTelemetry.HttpMeter);
        meter.CreateObservableCounter(
            "krewe_http_requests_total", () => routes.SelectMany(static route => route.Read()),
            description: "Requests answered, by method, route and status class.");
        meter.CreateObservableGauge("krewe_http_requests_in_flight", () => traffic.InFlight, description: "Requests being answered.");
        durations = meter.CreateHistogram(
            "krewe_http_request_duration_seconds", "s", "From a request's headers to the end of its answer, by method and route.",
            advice: new InstrumentAdvice<double>
            {
                HistogramBucketBoundaries = [0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
            });
        unmatched = AddRoute("", "unmatched");
    }

    /// <summary>Makes the counter of a route. Only while routes are being mapped.</summary>
    public HttpRouteCounter AddRoute(string method, string route)
    {
        var counter = new HttpRouteCounter([new("method", method), new("route", route)], durations);
        routes.Add(counter);
        return counter;
    }

    /// <summary>The counter for requests to an endpoint; those without one of ours share theirs.</summary>
    public HttpRouteCounter Of(Endpoint? endpoint) => endpoint?.Metadata.GetMetadata<HttpRouteCounter>() ?? unmatched;
}

/// <summary>Counts the requests of one route, without a lock or an allocation.</summary>
internal sealed class HttpRouteCounter(KeyValuePair<string, object?>[] tags, Histogram<double> durations)
{
    private readonly long[] byClass = new long[5];

    /// <summary>Counts a request.</summary>
    public void Record(int status, TimeSpan took)
    {
        Interlocked.Increment(ref byClass[Math.Clamp(status / 100, 1, byClass.Length) - 1]);
        durations.Record(took.TotalSeconds, tags);
    }

    public IEnumerable<Measurement<long>> Read() =>
        from i in Enumerable.Range(0, byClass.Length)
        let count = Interlocked.Read(ref byClass[i])
        where count > 0
        select new Measurement<long>(count, [.. tags, new("status", $"{i + 1}xx")]);
}
