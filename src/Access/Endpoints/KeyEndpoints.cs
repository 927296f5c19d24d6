using System.Text.Json;
using System.Text.Json.Nodes;
using Krewe.Access.Auditing;
using Krewe.Access.Callers;
using Krewe.Access.Keys;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Access.Endpoints;

/// <summary>The API keys: <c>/v2/keys</c>. A secret is in one answer only, that of its making.</summary>
internal sealed class KeyEndpoints(IGrainFactory grains, KeyWatch watch, TimeProvider time)
{
    private const string All = "/v2/keys";
    private const string One = All + "/{id}";

    private IKeyBookGrain Book => grains.GetGrain<IKeyBookGrain>(IKeyBookGrain.Key);

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapMethods(All, [HttpMethods.Get], ListAsync);
        routes.MapMethods(All, [HttpMethods.Post], CreateAsync);
        routes.MapMethods(One + "/rotate", [HttpMethods.Post], RotateAsync);
        routes.MapMethods(One, [HttpMethods.Delete], RevokeAsync);
    }

    private async Task ListAsync(HttpContext context)
    {
        var book = await Book.ReadAsync(-1, []);
        await WriteAsync(context, StatusCodes.Status200OK, new JsonObject
        {
            ["keys"] = new JsonArray([.. book!.Keys.Select(key => KeyJson.Of(key))]),
        });
    }

    private async Task CreateAsync(HttpContext context)
    {
        var now = time.GetUtcNow();
        var (id, asked) = (NewKey.Id(), await KeyRequest.ReadAsync(context, now));
        var secret = NewKey.Secret(id);
        var key = new KeyRecord
        {
            Id = id, Tenant = asked.Tenant, Role = asked.Role, Models = asked.Models, ExpiresAt = asked.ExpiresAt,
            Limits = asked.Limits,
            CreatedBy = ((Caller)context.User).Name, CreatedAt = now, Secrets = [KeySecret.Of(secret)],
        };
        AuditTrail.NameKey(context, id);
        await Book.AddAsync(key);
        await watch.ReadAsync(context.RequestAborted);
        await WriteAsync(context, StatusCodes.Status201Created, KeyJson.Of(key, secret));
    }

    private async Task RotateAsync(HttpContext context)
    {
        var id = IdOf(context);
        var (secret, now) = (NewKey.Secret(id), time.GetUtcNow());
        var formerUntil = now + await KeyRequest.ReadOverlapAsync(context);
        if (await Book.RotateAsync(id, KeySecret.Of(secret), formerUntil) is not { } key)
        {
            await WriteUnknownAsync(context);
            return;
        }

        await watch.ReadAsync(context.RequestAborted);
        await WriteAsync(context, StatusCodes.Status200OK, KeyJson.Of(key, secret));
    }

    private async Task RevokeAsync(HttpContext context)
    {
        if (!await Book.RevokeAsync(IdOf(context)))
        {
            await WriteUnknownAsync(context);
            return;
        }

        await watch.ReadAsync(context.RequestAborted);
        context.Response.ContentLength = 0;
    }

    private static string IdOf(HttpContext context) => KeyRequest.ReadId(context.Request.RouteValues["id"] as string);

    private static Task WriteUnknownAsync(HttpContext context) => WriteAsync(
        context, StatusCodes.Status404NotFound,
        new JsonObject { ["error"] = $"there is no key '{IdOf(context)}': GET {All} lists them" });

    /// <summary>Writes an answer that nobody may keep.</summary>
    public static async Task WriteAsync(HttpContext context, int status, JsonObject answer)
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        await JsonSerializer.SerializeAsync(context.Response.Body, answer, cancellationToken: context.RequestAborted);
    }
}
