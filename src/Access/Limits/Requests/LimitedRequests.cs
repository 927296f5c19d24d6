using Krewe.Access.Callers;
using Krewe.Access.Policies;
using Microsoft.AspNetCore.Http;

namespace Krewe.Access.Limits.Requests;

/// <summary>
/// Counts a request against the limits of its key and tenant, after authentication and before anything is decided or read. What is public
/// does not count.
/// </summary>
internal sealed class LimitedRequests(RequestDelegate next, LimitTable table)
{
    public Task InvokeAsync(HttpContext context)
    {
        if (table.IsEmpty || context.User is not Caller caller)
        {
            return next(context);
        }

        var (key, tenant) = table.Find(caller.KeyId, caller.Tenant);
        var limits = new Admission(key, tenant);
        return limits.IsLimited && context.GetEndpoint()?.Metadata is { } metadata
            && metadata.GetMetadata<RightMetadata>() is { Right: not Right.Public }
            ? LimitAsync(context, limits, metadata.GetMetadata<StreamedRequests>() is not null)
            : next(context);
    }

    private async Task LimitAsync(HttpContext context, Admission limits, bool isStream)
    {
        var refusal = isStream ? default : limits.Enter();
        var headers = RateHeaders.Of(limits);
        headers.Write(context.Response.Headers);
        if (refusal.By is { } by)
        {
            await LimitRefusal.WriteAsync(context, refusal.Outcome, by);
            return;
        }

        try
        {
            if (isStream)
            {
                context.Features.Set(new StreamLimit(limits));
            }

            await next(context);
        }
        catch (Exception) when (WriteAgain(context, headers))
        {
            throw;
        }
        finally
        {
            if (!isStream)
            {
                limits.Leave();
            }
        }
    }

    /// <summary>The answer to an error begins with an empty response.</summary>
    private static bool WriteAgain(HttpContext context, RateHeaders headers)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.OnStarting(() =>
            {
                headers.Write(context.Response.Headers);
                return Task.CompletedTask;
            });
        }

        return false;
    }
}
