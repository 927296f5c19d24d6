using Krewe.Access.Auditing;
using Krewe.Access.Policies;
using Microsoft.AspNetCore.Http;

namespace Krewe.Access.Requests;

/// <summary>Notes every change, by what the endpoint's right says: an endpoint that is added is noted without its doing.</summary>
internal sealed class ChangeAudit(RequestDelegate next, AuditTrail trail)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RightMetadata>() is { IsChange: true })
        {
            trail.Watch(context);
        }

        return next(context);
    }
}
