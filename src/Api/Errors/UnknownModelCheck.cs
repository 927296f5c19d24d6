using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Errors;

/// <summary>
/// Prefers 404 for a failed request that names an unknown model or version: its caller has to fix the name first. Names are checked only
/// after a failure.
/// </summary>
internal sealed class UnknownModelCheck(IModelHost host)
{
    /// <summary>The error to answer to a request that names its model in the path.</summary>
    public ValueTask<Exception> PreferAsync(HttpContext context, Exception error) => IsPublish(context)
        ? new(error)
        : PreferAsync(
            context.Request.RouteValues["model"] as string, context.Request.RouteValues["version"] as string, error,
            context.RequestAborted);

    /// <summary>The error to answer: that of an unknown name, else the given one.</summary>
    public async ValueTask<Exception> PreferAsync(string? model, string? version, Exception error, CancellationToken cancellationToken)
    {
        if (!IsCallersFault(error) || !ModelName.TryParse(model, out var name))
        {
            return error;
        }

        try
        {
            await host.IsReadyAsync(Find(name, version), cancellationToken);
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
    private static ModelReference Find(ModelName name, string? version)
    {
        try
        {
            return new ModelReference(name, VersionSelector.Parse(version));
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
