using Krewe.Abstractions.Models;
using Krewe.Access.Auditing;
using Krewe.Access.Callers;
using Krewe.Access.Limits.Requests;
using Microsoft.AspNetCore.Http;

namespace Krewe.Access.Scopes;

/// <summary>What the caller of the current request knows of. Outside of a request that is everything.</summary>
internal sealed class CallerScope(IHttpContextAccessor contexts, AuditTrail trail)
{
    /// <summary>True if nothing has to be left out.</summary>
    public bool IsEverything => contexts.HttpContext is not { } context || IsAll(context);

    /// <summary>The limits of the stream that the request is in; null outside of one, and without limits.</summary>
    public StreamLimit? StreamLimit => contexts.HttpContext?.Features.Get<StreamLimit>();

    /// <summary>True if the caller of a request may be told of every model.</summary>
    public static bool IsAll(HttpContext context) => context.User is Caller { Models.IsEverything: true, IsValid: true };

    /// <summary>Whether the caller knows of a model. A request without a caller, such as a health check, knows of none.</summary>
    public bool Sees(ModelName name) =>
        contexts.HttpContext is not { } context || (context.User is Caller caller && caller.Sees(name.Value));

    /// <summary>Says which model the current request changes, for the audit log.</summary>
    public void Name(ModelName name)
    {
        if (contexts.HttpContext is { } context)
        {
            AuditTrail.NameModel(context, name);
        }
    }

    /// <summary>Throws the error of an unknown model for one that the caller does not know of.</summary>
    public void Check(ModelName name)
    {
        if (!Sees(name))
        {
            if (contexts.HttpContext is { } context)
            {
                AuditTrail.NameModel(context, name);
                trail.Refuse(context);
            }

            throw UnknownModel.Error(name);
        }
    }
}
