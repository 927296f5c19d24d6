using Krewe.Abstractions.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Errors;

/// <summary>What a caller is told of a failure: a status, a text, when to try again, and a header that says what would be taken.</summary>
internal readonly record struct ErrorAnswer(
    int Status, string Message, TimeSpan? RetryAfter = null, (string Name, string Value)? Header = null)
{
    private static readonly ErrorAnswer Unexpected = new(StatusCodes.Status500InternalServerError, "internal error");

    /// <summary>The answer to a failure. What was not made for the caller's eyes becomes an 'internal error'.</summary>
    public static ErrorAnswer Of(Exception error) => error switch
    {
        KreweException { Code: KreweErrorCode.Internal } => Unexpected,
        KreweException known => new(ErrorStatus.Of(known.Code), known.Message, known.RetryAfter),
        HttpProblem problem => new(problem.Status, problem.Message, Header: problem.Header),
        BadHttpRequestException bad => new(StatusOf(bad), OfServer(bad)),
        _ => Unexpected,
    };

    /// <summary>Whole seconds for the header <c>Retry-After</c>, at least 1; null where the caller is at fault.</summary>
    public long? RetryAfterSeconds => HasRetryAfter(Status)
        ? Math.Max(1, (long)Math.Ceiling((RetryAfter ?? TimeSpan.Zero).TotalSeconds))
        : null;

    /// <summary>Every 5xx has one, an unexpected 500 too: what is wrong on our side may be over by then.</summary>
    public static bool HasRetryAfter(int status) =>
        status is StatusCodes.Status429TooManyRequests or >= StatusCodes.Status500InternalServerError;

    /// <summary>The server's own 505 (an HTTP version nobody knows) is the caller's mistake like the others: 400.</summary>
    private static int StatusOf(BadHttpRequestException bad) =>
        bad.StatusCode == StatusCodes.Status505HttpVersionNotsupported ? StatusCodes.Status400BadRequest : bad.StatusCode;

    /// <summary>The server's own texts end in a quotation that is empty unless it logs; what they say before it is enough.</summary>
    private static string OfServer(BadHttpRequestException bad) => bad.StatusCode switch
    {
        StatusCodes.Status408RequestTimeout => "the request arrived too slowly",
        StatusCodes.Status413PayloadTooLarge => "the body is larger than the limit",
        StatusCodes.Status414UriTooLong => "the request line is longer than the limit",
        StatusCodes.Status431RequestHeaderFieldsTooLarge => "the request headers are longer or more than the limit",
        _ => $"the request is no valid HTTP: {bad.Message.Replace(": ''", "", StringComparison.Ordinal).TrimEnd('.')}",
    };
}
