using System.Diagnostics;
using Krewe.Abstractions.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Errors;

/// <summary>Maps error codes to HTTP status codes.</summary>
internal static class ErrorStatus
{
    /// <summary>The caller disconnected. Not sent to anyone; used in metrics.</summary>
    public const int ClientClosedRequest = 499;

    public static int Of(KreweErrorCode code) => code switch
    {
        KreweErrorCode.Internal => StatusCodes.Status500InternalServerError,
        KreweErrorCode.InvalidInput => StatusCodes.Status400BadRequest,
        KreweErrorCode.ModelNotFound or KreweErrorCode.VersionNotFound => StatusCodes.Status404NotFound,
        KreweErrorCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        KreweErrorCode.Overloaded => StatusCodes.Status429TooManyRequests,
        KreweErrorCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        KreweErrorCode.PayloadTooLarge => StatusCodes.Status413PayloadTooLarge,
        KreweErrorCode.Cancelled => ClientClosedRequest,
        KreweErrorCode.Conflict => StatusCodes.Status409Conflict,
        KreweErrorCode.StorageFull => StatusCodes.Status507InsufficientStorage,
        _ => throw new UnreachableException($"no error code {code}"),
    };
}
