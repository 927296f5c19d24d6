using System.Globalization;
using Krewe.Abstractions.Models;
using Krewe.Access.Callers;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Access.Auditing;

/// <summary>Notes how requests end: changes, and refusals. A request that is neither costs nothing.</summary>
internal sealed class AuditTrail(AuditLog log, TimeProvider time)
{
    private const int MaxLength = 128;
    private const string Model = "model";
    private const string Key = "id";
    private static readonly object Watched = new();
    private static readonly object Refusal = new();

    /// <summary>Notes the request when it has been answered; once, however often it is called.</summary>
    public void Watch(HttpContext context)
    {
        if (context.Items.TryAdd(Watched, null))
        {
            context.Response.OnCompleted(Note, context);
        }
    }

    /// <summary>Notes a request that is refused, whatever the status of its answer.</summary>
    public void Refuse(HttpContext context)
    {
        context.Items[Refusal] = null;
        Watch(context);
    }

    /// <summary>Says which model a request is about, if it is not in the path.</summary>
    public static void NameModel(HttpContext context, ModelName model) => context.Items[Model] = model.Value;

    /// <summary>Says which key a request is about, if it is not in the path.</summary>
    public static void NameKey(HttpContext context, string id) => context.Items[Key] = id;

    private Task Note(object state)
    {
        var context = (HttpContext)state;
        var (status, isDone) = StatusOf(context);
        var happened = new AuditEvent
        {
            At = time.GetUtcNow(),
            Actor = context.User is Caller caller ? caller.Name : "anonymous",
            From = AddressOf(context),
            Action = $"{MethodOf(context)} {(context.GetEndpoint() as RouteEndpoint)?.RoutePattern.RawText}",
            Model = ValueOf(context, Model), Version = ValueOf(context, "version"), Alias = ValueOf(context, "alias"),
            Key = ValueOf(context, Key),
            Outcome = context.Items.ContainsKey(Refusal) ? "refused" : isDone ? "done" : "failed",
            Status = status,
            Request = context.TraceIdentifier,
        };
        log.Add(happened);
        return Task.CompletedTask;
    }

    private static (string Text, bool IsDone) StatusOf(HttpContext context)
    {
        var grpc = context.Response.Headers["grpc-status"] is { Count: > 0 } early ? early.ToString()
            : context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers["grpc-status"] is { Count: > 0 } late ? late.ToString()
            : null;
        var status = context.Response.StatusCode;
        return grpc is not null ? ($"grpc {grpc}", grpc == "0")
            : (status.ToString(CultureInfo.InvariantCulture), status < StatusCodes.Status400BadRequest);
    }

    /// <summary>Names only: a key that was sent in the wrong place is not written.</summary>
    private static string? ValueOf(HttpContext context, string name) =>
        (context.Items[name] ?? context.Request.RouteValues[name]) is string { Length: > 0 and <= MaxLength } text
            && !text.StartsWith("krewe_", StringComparison.OrdinalIgnoreCase) && ModelName.TryParse(text, out _)
        ? text
        : null;

    /// <summary>One of the route's: a caller may send any.</summary>
    private static string MethodOf(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<IHttpMethodMetadata>()?.HttpMethods is [var first, ..] ? first : "ANY";

    private static string AddressOf(HttpContext context) => context.Connection.RemoteIpAddress switch
    {
        null => "unknown",
        { IsIPv4MappedToIPv6: true } address => address.MapToIPv4().ToString(),
        var address => address.ToString(),
    };
}
