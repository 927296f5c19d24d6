using Krewe.Abstractions.Cluster;
using Krewe.Api.Errors;
using Krewe.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Endpoints;

/// <summary>
/// Cluster endpoints. They exist on every server; without a cluster they answer 404 with the reason, which helps an operator who
/// uses the wrong address.
/// </summary>
internal sealed class ClusterEndpoints(IClusterControl? cluster)
{
    public void Map(RouteTable routes)
    {
        routes.Get("/v2/cluster", ClusterAsync);
        foreach (var model in RepositoryEndpoints.Patterns)
        {
            routes.Post(model + "/quarantine/clear", ClearQuarantineAsync);
        }
    }

    private async Task ClusterAsync(HttpContext context)
    {
        var status = await Cluster().GetClusterAsync(context.RequestAborted);
        await JsonAnswer.WriteAsync(context, status, ClusterJson.Write);
    }

    private async Task ClearQuarantineAsync(HttpContext context)
    {
        var control = Cluster();
        var model = RouteModel.Read(context);
        RepositoryRequest.CheckClear(await ControlBody.ReadAsync(context));
        await control.ClearQuarantineAsync(model, context.RequestAborted);
        context.Response.ContentLength = 0;
    }

    private IClusterControl Cluster() => cluster
        ?? throw new HttpProblem(
            StatusCodes.Status404NotFound, "this server is a single process, not a cluster: it has no silos and no quarantines");
}
