using System.Globalization;
using System.Text;
using Krewe.Abstractions.Errors;
using Microsoft.AspNetCore.Http;

namespace Krewe.Access.Limits.Requests;

/// <summary>
/// Answers a request over a limit: 429 with <c>Retry-After</c>; gRPC calls get RESOURCE_EXHAUSTED with the delay as clients read it.
/// Without an exception, because who is refused may ask often.
/// </summary>
internal static class LimitRefusal
{
    private const string GrpcType = "application/grpc";
    private const string ResourceExhausted = "8";
    private const string RetryInfo = "type.googleapis.com/google.rpc.RetryInfo";

    /// <summary>The refusal as an error, for requests in a stream.</summary>
    public static KreweException ErrorOf(LimitOutcome outcome, CallLimiter by) =>
        KreweException.Overloaded(TextOf(outcome, by).Text, TimeSpan.FromSeconds(RetryAfter(outcome, by)));

    /// <summary>Writes the answer.</summary>
    public static Task WriteAsync(HttpContext context, LimitOutcome outcome, CallLimiter by)
    {
        var (response, seconds, (json, text)) = (context.Response, RetryAfter(outcome, by), TextOf(outcome, by));
        response.Headers.RetryAfter = seconds.ToString(CultureInfo.InvariantCulture);
        if (context.Request.ContentType?.StartsWith(GrpcType, StringComparison.OrdinalIgnoreCase) == true)
        {
            response.ContentType = GrpcType;
            response.Headers["grpc-status"] = ResourceExhausted;
            response.Headers["grpc-message"] = text;
            response.Headers["grpc-retry-pushback-ms"] = (seconds * 1000).ToString(CultureInfo.InvariantCulture);
            response.Headers["grpc-status-details-bin"] = Convert.ToBase64String(Details(text, seconds));
            return Task.CompletedTask;
        }

        response.StatusCode = StatusCodes.Status429TooManyRequests;
        response.ContentType = "application/json";
        response.ContentLength = json.Length;
        return response.Body.WriteAsync(json, context.RequestAborted).AsTask();
    }

    private static (byte[] Json, string Text) TextOf(LimitOutcome outcome, CallLimiter by) =>
        outcome == LimitOutcome.TooFast ? by.RateReached : by.ParallelReached;

    /// <summary>Whole seconds, at least 1.</summary>
    private static long RetryAfter(LimitOutcome outcome, CallLimiter by) =>
        outcome == LimitOutcome.TooFast ? Math.Max(1, (long)Math.Ceiling(by.Read().Next)) : 1;

    /// <summary>A <c>google.rpc.Status</c>: code, message, and an Any with a RetryInfo with a Duration.</summary>
    private static byte[] Details(string text, long seconds)
    {
        byte[] duration = [8, .. Varint(seconds)];
        byte[] any = [.. Field(1, Encoding.UTF8.GetBytes(RetryInfo)), .. Field(2, Field(1, duration))];
        return [8, 8, .. Field(2, Encoding.UTF8.GetBytes(text)), .. Field(3, any)];
    }

    private static byte[] Field(int number, byte[] bytes) => [(byte)((number << 3) | 2), .. Varint(bytes.Length), .. bytes];

    private static byte[] Varint(long value) => value < 128 ? [(byte)value] : [(byte)(value | 128), .. Varint(value >> 7)];
}
