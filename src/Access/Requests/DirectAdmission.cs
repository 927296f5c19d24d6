using Krewe.Access.Callers;
using Krewe.Access.Keys;
using Krewe.Access.Policies;
using Microsoft.AspNetCore.Http;

namespace Krewe.Access.Requests;

/// <summary>
/// Admits a request that has a good API key and the right for its endpoint, without the framework's services. Any other goes through the
/// framework's middleware: it knows other credentials, and refuses.
/// </summary>
internal static class DirectAdmission
{
    private const string Bearer = "Bearer ";

    /// <summary>Sets the caller of a request that is admitted; false for one that the framework has to decide on.</summary>
    public static bool TryAdmit(HttpContext context, KeyRing ring)
    {
        if (context.GetEndpoint()?.Metadata.GetMetadata<RightRequirement>() is not { Right: not Right.Public } requirement
            || Find(context.Request.Headers, ring) is not { IsValid: true } caller || !RightHandler.Allows(context, caller, requirement))
        {
            return false;
        }

        context.User = caller;
        return true;
    }

    /// <summary>Who has the key of a request; null for nobody, and without a key.</summary>
    public static Caller? Find(IHeaderDictionary headers, KeyRing ring)
    {
        if (headers["x-api-key"] is { Count: > 0 } key)
        {
            return ring.Find(key.ToString().AsSpan().Trim());
        }

        if (headers["api-key"] is { Count: > 0 } other)
        {
            return ring.Find(other.ToString().AsSpan().Trim());
        }

        var authorization = headers.Authorization.ToString();
        return authorization.StartsWith(Bearer, StringComparison.OrdinalIgnoreCase)
            ? ring.Find(authorization.AsSpan(Bearer.Length).Trim())
            : null;
    }
}
