using Krewe.Abstractions.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Errors;

/// <summary>An error response: status, message, retry delay, and an optional header with the accepted values.</summary>
internal readonly record struct ErrorAnswer(
    int Status, string Message, TimeSpan? RetryAfter = null, (string Name, string Value)? Header = null)
{
    private static readonly ErrorAnswer Unexpected = new(StatusCodes.Status500InternalServerError, "internal error");

    /// <summary>The last line: what calls hold is counted, but not every byte.</summary>
    private static readonly ErrorAnswer ShortOfMemory = new(
        StatusCodes.Status503ServiceUnavailable, "there was not enough memory for this request: try again later, or send less");

    /// <summary>Maps an exception. Exceptions without a message for the caller become 'internal error'.</summary>
    public static ErrorAnswer Of(Exception error) => error switch
    {
        KreweException { Code: KreweErrorCode.Internal } => Unexpected,
        KreweException known => new(ErrorStatus.Of(known.Code), known.Message, known.RetryAfter),
        HttpProblem problem => new(problem.Status, problem.Message, Header: problem.Header),
        BadHttpRequestException bad => new(StatusOf(bad), OfServer(bad)),
        OutOfMemoryException => ShortOfMemory,
        _ => Unexpected,
    };

    /// <summary>The value of <c>Retry-After</c> in whole seconds, at least 1; null if the caller is at fault.</summary>
    public long? RetryAfterSeconds => HasRetryAfter(Status)
        ? Math.Max(1, (long)Math.Ceiling((RetryAfter ?? TimeSpan.Zero).TotalSeconds))
        : null;

    /// <summary>429 and every 5xx, including an unexpected 500: the fault is ours and may be temporary.</summary>
    public static bool HasRetryAfter(int status) =>
        status is StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError;

    /// <summary>The server's own 505 (unknown HTTP version) is reported as 400, like other caller errors.</summary>
    private static int StatusOf(BadHttpRequestException bad) =>
        bad.StatusCode == StatusCodes.Status505HttpVersionNotsupported ? StatusCodes.Status400BadRequest : bad.StatusCode;

    /// <summary>Kestrel's messages end in a quotation that is empty unless it logs; it is cut off.</summary>
    private static string OfServer(BadHttpRequestException bad) => bad.StatusCode switch
    {
        StatusCodes.Status408RequestTimeout => "the request arrived too slowly",
        StatusCodes.Status413PayloadTooLarge => "the body is larger than the limit",
        StatusCodes.Status414UriTooLong => "the request line is longer than the limit",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "the request headers are longer or more than the limit",
        _ => $"the request is not valid HTTP: {bad.Message.Replace(": ''", "", StringComparison.Ordinal).TrimEnd('.')}",
    };
}
