using System.Text.Json;
using Krewe.Abstractions.Errors;
using Krewe.Api.Http;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Krewe.Api.Errors;

/// <summary>Answers errors as <c>{"error": "…"}</c>, and logs server errors.</summary>
internal sealed partial class ErrorAnswers(ILogger<ErrorAnswers> logger)
{
    /// <summary>Answers an exception of a handler. A response that has started cannot be replaced: its connection is aborted.</summary>
    public async Task WriteAsync(HttpContext context, Exception error)
    {
        if (IsCallerGone(context, error))
        {
            LogCallerGone(context.Request.Method, RouteModel.Describe(context));
            Abandon(context);
            return;
        }

        var answer = Report(context, RouteModel.Describe(context), error);
        if (context.Response.HasStarted)
        {
            LogCut(context.Request.Method, RouteModel.Describe(context));
            context.Abort();
            return;
        }

        context.Response.Clear();
        await WriteAsync(context, answer);
    }

    /// <summary>Adds a body to a status without one, such as routing produces.</summary>
    public static Task FillAsync(HttpContext context)
    {
        var (response, request) = (context.Response, context.Request);
        var path = ErrorText.Quote(request.Path.Value);
        return WriteAsync(context, new ErrorAnswer(response.StatusCode, response.StatusCode switch
        {
            StatusCodes.Status404NotFound => $"nothing is at '{path}': see /docs for the API",
            StatusCodes.Status405MethodNotAllowed =>
                $"method {ErrorText.Quote(request.Method)} is not allowed at '{path}': expected {response.Headers.Allow}",
            var status => $"status {status}",
        }));
    }

    private static async Task WriteAsync(HttpContext context, ErrorAnswer answer)
    {
        if (answer.RetryAfterSeconds is { } seconds)
        {
            context.Response.Headers.RetryAfter = seconds.ToString(System.Globalization.CultureInfo.InvariantCulture);
        }

        if (answer.Header is { } header)
        {
            context.Response.Headers[header.Name] = header.Value;
        }

        await JsonAnswer.WriteAsync(context, answer.Status, answer.Message, WriteError);
    }

    /// <summary>Writes the common form of errors.</summary>
    public static void WriteError(Utf8JsonWriter json, string message)
    {
        json.WriteStartObject();
        json.WriteString("error", message);
        json.WriteEndObject();
    }

    private static bool IsCallerGone(HttpContext context, Exception error) =>
        error is KreweException { Code: KreweErrorCode.Cancelled }
        || (error is OperationCanceledException or IOException and not BadHttpRequestException
            && context.RequestAborted.IsCancellationRequested);

    private static void Abandon(HttpContext context)
    {
        if (!context.Response.HasStarted)
        {
            context.Response.StatusCode = ErrorStatus.ClientClosedRequest;
        }

        context.Abort();
    }

    /// <summary>The answer to an exception, which is logged.</summary>
    public ErrorAnswer Report(HttpContext context, string model, Exception error)
    {
        var answer = ErrorAnswer.Of(error);
        if (answer.Status == StatusCodes.Status500InternalServerError)
        {
            LogUnexpected(error, context.Request.Method, ErrorText.Quote(context.Request.Path.Value), model);
        }
        else if (logger.IsEnabled(LogLevel.Debug))
        {
            LogRefused(answer.Status, context.Request.Method, ErrorText.Quote(context.Request.Path.Value), answer.Message);
        }

        return answer;
    }

    [LoggerMessage(EventId = 310, Level = LogLevel.Error, Message = "{Method} {Path} failed unexpectedly (model '{Model}')")]
    private partial void LogUnexpected(Exception error, string method, string path, string model);

    [LoggerMessage(EventId = 311, Level = LogLevel.Debug, Message = "{Status} to {Method} {Path}: {Message}")]
    private partial void LogRefused(int status, string method, string path, string message);

    [LoggerMessage(EventId = 312, Level = LogLevel.Debug, Message = "The caller of {Method} (model '{Model}') disconnected")]
    private partial void LogCallerGone(string method, string model);

    [LoggerMessage(EventId = 313, Level = LogLevel.Debug,
        Message = "A response to {Method} (model '{Model}') failed after it had started; aborting its connection")]
    private partial void LogCut(string method, string model);
}
