using System.Globalization;
using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Access.Auditing;
using Krewe.Access.Callers;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Access.Endpoints;

/// <summary>The audit log of this process: <c>GET /v2/audit</c>, newest first.</summary>
internal sealed class AuditEndpoint(AuditLog log)
{
    private const int MaxEvents = 1000;
    private const int DefaultEvents = 100;
    private static readonly JsonSerializerOptions Form = new() { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    public void Map(IEndpointRouteBuilder routes) => routes.MapMethods("/v2/audit", [HttpMethods.Get], ReadAsync);

    private Task ReadAsync(HttpContext context)
    {
        var before = ReadNumber(context, "before", long.MaxValue, long.MaxValue);
        var limit = ReadNumber(context, "limit", DefaultEvents, MaxEvents);
        var caller = (Caller)context.User;
        var events = log.Read(before, (int)limit, happened => happened.Model is not { } model || caller.Sees(model)).ToList();
        context.Response.Headers.XContentTypeOptions = "nosniff";
        context.Response.Headers.CacheControl = "no-store";
        return context.Response.WriteAsJsonAsync(new AuditPage(events), Form, context.RequestAborted);
    }

    private static long ReadNumber(HttpContext context, string name, long without, long most) =>
        context.Request.Query[name] is not { Count: > 0 } text ? without
        : long.TryParse(text.ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number > 0 && number <= most
            ? number
        : throw KreweException.InvalidInput(
            $"query parameter '{name}' is '{ErrorText.Quote(text.ToString())}': expected a whole number from 1 to {most}");

    private sealed record AuditPage([property: JsonPropertyName("events")] IReadOnlyList<AuditEvent> Events);
}
