using Krewe.Api.Metrics;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Api.Endpoints;

/// <summary>Maps request delegates with their metrics, which a request finds in its endpoint's metadata.</summary>
internal sealed class RouteTable(IEndpointRouteBuilder routes, HttpMetrics metrics)
{
    private static readonly string[] Reading = [HttpMethods.Get, HttpMethods.Head];
    private static readonly string[] Posting = [HttpMethods.Post];
    private static readonly string[] Putting = [HttpMethods.Put];
    private static readonly string[] Patching = [HttpMethods.Patch];
    private static readonly string[] Deleting = [HttpMethods.Delete];

    public void Get(string pattern, RequestDelegate handler) => Map(pattern, Reading, handler);

    public void Post(string pattern, RequestDelegate handler) => Map(pattern, Posting, handler);

    public void Put(string pattern, RequestDelegate handler) => Map(pattern, Putting, handler);

    public void Patch(string pattern, RequestDelegate handler) => Map(pattern, Patching, handler);

    public void Delete(string pattern, RequestDelegate handler) => Map(pattern, Deleting, handler);

    /// <summary>Maps a separate pipeline behind one route, which other requests do not pass through.</summary>
    public void GetBranch(string pattern, Action<IApplicationBuilder> configure)
    {
        var branch = routes.CreateApplicationBuilder();
        branch.Use((context, next) =>
        {
            // The static file middleware ignores requests that have an endpoint.
            context.SetEndpoint(null);
            return next(context);
        });
        configure(branch);
        Map(pattern, Reading, branch.Build());
    }

    private void Map(string pattern, string[] methods, RequestDelegate handler) =>
        routes.MapMethods(pattern, methods, handler).WithMetadata(metrics.AddRoute(methods[0], pattern));
}
