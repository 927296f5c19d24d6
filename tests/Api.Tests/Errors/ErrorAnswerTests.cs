using Krewe.Abstractions.Errors;
using Krewe.Api.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Tests.Errors;

public sealed class ErrorAnswerTests
{
    public static TheoryData<KreweErrorCode> Codes => [.. Enum.GetValues<KreweErrorCode>()];

    [Theory]
    [MemberData(nameof(Codes))]
    public void Every_code_has_an_error_status(KreweErrorCode code) => Assert.InRange(ErrorStatus.Of(code), 400, 507);

    [Theory]
    [InlineData(KreweErrorCode.InvalidInput, 400)]
    [InlineData(KreweErrorCode.ModelNotFound, 404)]
    [InlineData(KreweErrorCode.VersionNotFound, 404)]
    [InlineData(KreweErrorCode.PayloadTooLarge, 413)]
    [InlineData(KreweErrorCode.Overloaded, 429)]
    [InlineData(KreweErrorCode.Cancelled, 499)]
    [InlineData(KreweErrorCode.Conflict, 409)]
    [InlineData(KreweErrorCode.StorageFull, 507)]
    [InlineData(KreweErrorCode.Internal, 500)]
    [InlineData(KreweErrorCode.Unavailable, 503)]
    [InlineData(KreweErrorCode.DeadlineExceeded, 504)]
    public void Each_code_has_its_status(KreweErrorCode code, int status) => Assert.Equal(status, ErrorStatus.Of(code));

    [Fact]
    public void What_the_caller_may_not_see_is_an_internal_error()
    {
        Assert.Equal(new ErrorAnswer(500, "internal error"), ErrorAnswer.Of(new InvalidOperationException("/etc/secret")));
        Assert.Equal(new ErrorAnswer(500, "internal error"), ErrorAnswer.Of(new KreweException(KreweErrorCode.Internal, "/etc/secret")));
        Assert.Equal(
            new ErrorAnswer(503, "there was not enough memory for this request: try again later, or send less"),
            ErrorAnswer.Of(new InsufficientMemoryException("/etc/secret")));
    }

    [Fact]
    public void A_failure_for_the_caller_keeps_its_text() =>
        Assert.Equal(new ErrorAnswer(400, "rank 3 is wrong"), ErrorAnswer.Of(KreweException.InvalidInput("rank 3 is wrong")));

    [Fact]
    public void A_failure_of_http_keeps_its_status_and_header() =>
        Assert.Equal(
            new ErrorAnswer(415, "no brotli", Header: ("Accept-Encoding", "gzip")),
            ErrorAnswer.Of(new HttpProblem(415, "no brotli") { Header = ("Accept-Encoding", "gzip") }));

    [Theory]
    [InlineData(400, "Unexpected end.", "the request is not valid HTTP: Unexpected end")]
    [InlineData(400, "Invalid request target: ''", "the request is not valid HTTP: Invalid request target")]
    [InlineData(408, "whatever", "the request arrived too slowly")]
    [InlineData(413, "whatever", "the body is larger than the limit")]
    public void A_failure_of_the_server_has_our_message(int status, string message, string expected) =>
        Assert.Equal(new ErrorAnswer(status, expected), ErrorAnswer.Of(new BadHttpRequestException(message, status)));

    [Theory]
    [InlineData(0, 1)]
    [InlineData(200, 1)]
    [InlineData(1000, 1)]
    [InlineData(1001, 2)]
    [InlineData(59_500, 60)]
    public void Retry_after_is_rounded_up_to_whole_seconds(int milliseconds, long seconds) =>
        Assert.Equal(seconds, ErrorAnswer.Of(KreweException.Overloaded("full", TimeSpan.FromMilliseconds(milliseconds))).RetryAfterSeconds);

    [Fact]
    public void Every_5xx_and_every_refusal_for_load_has_a_retry_after_and_no_fault_of_the_caller_has()
    {
        foreach (var code in Enum.GetValues<KreweErrorCode>())
        {
            var answer = ErrorAnswer.Of(new KreweException(code, "so"));
            Assert.Equal(answer.Status is >= 500 or 429 ? 1 : null, answer.RetryAfterSeconds);
        }

        Assert.Equal(1, ErrorAnswer.Of(new InvalidOperationException("a fault of ours")).RetryAfterSeconds);
    }
}
