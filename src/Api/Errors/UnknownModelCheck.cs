using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Api.Http;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Errors;

/// <summary>
/// Prefers 404 for a failed request that names an unknown model or version: its caller has to fix the name first. Names are checked only
/// after a failure.
/// </summary>
internal sealed class UnknownModelCheck(IModelHost host)
{
    /// <summary>The error to answer: that of an unknown name, else the given one.</summary>
    public async ValueTask<Exception> PreferAsync(HttpContext context, Exception error)
    {
        if (!IsCallersFault(error) || IsPublish(context)
            || !ModelName.TryParse(context.Request.RouteValues["model"] as string, out var name))
        {
            return error;
        }

        try
        {
            await host.IsReadyAsync(Find(context, name), context.RequestAborted);
            return error;
        }
        catch (KreweException other)
        {
            return other.Code is KreweErrorCode.ModelNotFound or KreweErrorCode.VersionNotFound ? other : error;
        }
        catch (OperationCanceledException)
        {
            return error;
        }
    }

    /// <summary>The model without version if the version is invalid.</summary>
    private static ModelReference Find(HttpContext context, ModelName name)
    {
        try
        {
            return RouteModel.Read(context);
        }
        catch (KreweException)
        {
            return new ModelReference(name);
        }
    }

    private static bool IsCallersFault(Exception error) => ErrorAnswer.Of(error).Status
        is StatusCodes.Status400BadRequest or StatusCodes.Status413PayloadTooLarge or StatusCodes.Status415UnsupportedMediaType;

    /// <summary>A version to be published need not exist.</summary>
    private static bool IsPublish(HttpContext context) =>
        HttpMethods.IsPut(context.Request.Method) && context.Request.Path.StartsWithSegments("/v2/repository");
}
