using System.Text.Json.Nodes;
using Krewe.Abstractions.Errors;
using Krewe.Access.Keys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Access.Endpoints;

/// <summary>The limits of tenants: <c>/v2/tenants</c>. A tenant needs no making; it is whose name keys have.</summary>
internal sealed class TenantEndpoints(IGrainFactory grains, KeyWatch watch)
{
    private const string All = "/v2/tenants";
    private const string Limits = All + "/{tenant}/limits";

    private IKeyBookGrain Book => grains.GetGrain<IKeyBookGrain>(IKeyBookGrain.Key);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(All, [HttpMethods.Get], ListAsync);
        routes.MapMethods(Limits, [HttpMethods.Get], ReadAsync);
        routes.MapMethods(Limits, [HttpMethods.Put], LimitAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var book = await Book.ReadAsync(-1, []);
        await KeyEndpoints.WriteAsync(context, StatusCodes.Status200OK, new JsonObject
        {
            ["tenants"] = new JsonArray([.. book!.Tenants.Select(static one => LimitsJson.Of(one.Tenant, one.Limits))]),
        });
    }

    private async Task ReadAsync(HttpContext context)
    {
        var (tenant, book) = (TenantOf(context), await Book.ReadAsync(-1, []));
        await KeyEndpoints.WriteAsync(
            context, StatusCodes.Status200OK, LimitsJson.Of(tenant, book!.Tenants.FirstOrDefault(one => one.Tenant == tenant)?.Limits));
    }

    private async Task LimitAsync(HttpContext context)
    {
        var (tenant, limits) = (TenantOf(context), await KeyRequest.ReadLimitsAsync(context));
        if (!await Book.LimitAsync(tenant, limits))
        {
            throw KreweException.Conflict($"there are limits of too many tenants: GET {All} lists them; an empty object removes one's");
        }

        await watch.ReadAsync(context.RequestAborted);
        await KeyEndpoints.WriteAsync(context, StatusCodes.Status200OK, LimitsJson.Of(tenant, limits));
    }

    private static string TenantOf(HttpContext context) => KeyRequest.ReadTenant(context.Request.RouteValues["tenant"] as string);
}
