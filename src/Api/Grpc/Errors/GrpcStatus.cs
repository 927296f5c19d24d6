using System.Diagnostics;
using Grpc.Core;
using Krewe.Abstractions.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Grpc.Errors;

/// <summary>Maps error codes to gRPC status codes, and these to the HTTP status of the same error, for metrics.</summary>
internal static class GrpcStatus
{
    public static StatusCode Of(KreweErrorCode code) => code switch
    {
        KreweErrorCode.Internal => StatusCode.Internal,
        KreweErrorCode.InvalidInput => StatusCode.InvalidArgument,
        KreweErrorCode.ModelNotFound or KreweErrorCode.VersionNotFound => StatusCode.NotFound,
        KreweErrorCode.Unavailable => StatusCode.Unavailable,
        KreweErrorCode.Overloaded or KreweErrorCode.PayloadTooLarge or KreweErrorCode.StorageFull => StatusCode.ResourceExhausted,
        KreweErrorCode.DeadlineExceeded => StatusCode.DeadlineExceeded,
        KreweErrorCode.Cancelled => StatusCode.Cancelled,
        KreweErrorCode.Conflict => StatusCode.FailedPrecondition,
        _ => throw new UnreachableException($"no error code {code}"),
    };

    /// <summary>The status of an exception; <see cref="StatusCode.Internal"/> for an unexpected one.</summary>
    public static StatusCode Of(Exception error) => error switch
    {
        KreweException known => Of(known.Code),
        OutOfMemoryException => StatusCode.Unavailable,
        _ => StatusCode.Internal,
    };

    /// <summary>The HTTP status of the same outcome.</summary>
    public static int ToHttp(StatusCode code) => code switch
    {
        StatusCode.OK => StatusCodes.Status200OK,
        StatusCode.InvalidArgument or StatusCode.OutOfRange or StatusCode.FailedPrecondition => StatusCodes.Status400BadRequest,
        StatusCode.Unauthenticated => StatusCodes.Status401Unauthorized,
        StatusCode.PermissionDenied => StatusCodes.Status403Forbidden,
        StatusCode.NotFound or StatusCode.Unimplemented => StatusCodes.Status404NotFound,
        StatusCode.AlreadyExists or StatusCode.Aborted => StatusCodes.Status409Conflict,
        StatusCode.ResourceExhausted => StatusCodes.Status429TooManyRequests,
        StatusCode.Cancelled => Krewe.Api.Errors.ErrorStatus.ClientClosedRequest,
        StatusCode.Unavailable => StatusCodes.Status503ServiceUnavailable,
        StatusCode.DeadlineExceeded => StatusCodes.Status504GatewayTimeout,
        _ => StatusCodes.Status500InternalServerError,
    };
}
