using System.Globalization;
using Grpc.Core;
using Krewe.Api.Errors;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api.Grpc.Errors;

/// <summary>How a gRPC call ended, which is not in the HTTP status: that is 200.</summary>
internal static class GrpcOutcome
{
    private const string StatusName = "grpc-status";
    private const string MessageName = "grpc-message";
    private const string ContentType = "application/grpc";

    /// <summary>The HTTP status of the same outcome; that of the response if it is not one of gRPC.</summary>
    public static int StatusOf(HttpContext context)
    {
        if (FieldsOf(context) is not { } fields)
        {
            return context.Response.StatusCode;
        }

        return Read(fields) is { } code ? GrpcStatus.ToHttp(code)
            : context.RequestAborted.IsCancellationRequested ? ErrorStatus.ClientClosedRequest
            : context.Response.StatusCode;
    }

    /// <summary>
    /// The library calls a broken frame, or one that does not match its encoding, an internal or unknown error. It is one of the caller.
    /// </summary>
    public static void CorrectStatus(HttpContext context)
    {
        if (FieldsOf(context) is { IsReadOnly: false } fields && Read(fields) is StatusCode.Internal or StatusCode.Unknown
            && !context.Items.ContainsKey(typeof(GrpcOutcome)))
        {
            var why = Read(fields) == StatusCode.Internal ? fields[MessageName].ToString() : "the request is not a valid gRPC message";
            fields[StatusName] = ((int)StatusCode.InvalidArgument).ToString(CultureInfo.InvariantCulture);
            fields[MessageName] = why;
        }
    }

    /// <summary>Marks an internal error as one of ours.</summary>
    public static void KeepStatus(HttpContext context) => context.Items[typeof(GrpcOutcome)] = true;

    private static IHeaderDictionary? FieldsOf(HttpContext context)
    {
        var response = context.Response;
        return !IsOfGrpc(response) ? null
            : response.Headers.ContainsKey(StatusName) ? response.Headers
            : context.Features.Get<IHttpResponseTrailersFeature>()?.Trailers;
    }

    /// <summary>The library's answers to what is no gRPC have a gRPC status too, but no content type.</summary>
    private static bool IsOfGrpc(HttpResponse response) => response.ContentType is { } type
        ? type.StartsWith(ContentType, StringComparison.Ordinal)
        : response.StatusCode is StatusCodes.Status415UnsupportedMediaType or StatusCodes.Status426UpgradeRequired;

    private static StatusCode? Read(IHeaderDictionary fields) =>
        int.TryParse(fields[StatusName].ToString(), NumberStyles.None, CultureInfo.InvariantCulture, out var code) ? (StatusCode)code
            : null;
}
