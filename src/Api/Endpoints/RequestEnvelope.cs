using Krewe.Api.Browsers;
using Krewe.Api.Errors;
using Krewe.Api.Grpc.Errors;
using Krewe.Api.Grpc.Messages;
using Krewe.Api.Metrics;
using Krewe.Api.Stopping;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;

namespace Krewe.Api.Endpoints;

/// <summary>
/// The middleware of all requests, in one step to keep the overhead low: the check of browsers, metrics, errors as JSON, and closing
/// connections when the process stops.
/// </summary>
internal sealed class RequestEnvelope
{
    private readonly RequestDelegate next;
    private readonly HttpMetrics metrics;
    private readonly Traffic traffic;
    private readonly ErrorAnswers errors;
    private readonly UnknownModelCheck names;
    private readonly StopSignal stop;
    private readonly BrowserCheck browsers;
    private readonly TimeProvider time;
    private readonly Func<object, Task> beforeAnswer;

    public RequestEnvelope(
        RequestDelegate next, HttpMetrics metrics, Traffic traffic, ErrorAnswers errors, UnknownModelCheck names, StopSignal stop,
        BrowserCheck browsers, TimeProvider time)
    {
        (this.next, this.metrics, this.traffic, this.errors) = (next, metrics, traffic, errors);
        (this.names, this.stop, this.browsers, this.time) = (names, stop, browsers, time);
        beforeAnswer = BeforeAnswer;
    }

    public async Task InvokeAsync(HttpContext context)
    {
        // Before the handler: a branch removes the endpoint.
        var route = metrics.Of(context.GetEndpoint());
        var started = time.GetTimestamp();
        traffic.Enter();
        context.Response.OnStarting(beforeAnswer, context);
        CountedBody.Watch(context);
        try
        {
            browsers.Check(context.Request);
            await next(context);
            GrpcOutcome.CorrectStatus(context);
            if (IsBareError(context.Response))
            {
                await ErrorAnswers.FillAsync(context);
            }
        }
        catch (Exception error)
        {
            await errors.WriteAsync(context, await names.PreferAsync(context, error));
        }
        finally
        {
            var ended = time.GetTimestamp();
            route.Record(GrpcOutcome.StatusOf(context), time.GetElapsedTime(started, ended));
            traffic.Leave(ended);
        }
    }

    private static bool IsBareError(HttpResponse response) =>
        response.StatusCode >= StatusCodes.Status400BadRequest
        && response is { HasStarted: false, ContentType: null, ContentLength: null };

    private Task BeforeAnswer(object context)
    {
        // For any status, including the readiness endpoint's own response.
        var response = ((HttpContext)context).Response;
        if (ErrorAnswer.HasRetryAfter(response.StatusCode) && response.Headers.RetryAfter.Count == 0)
        {
            response.Headers.RetryAfter = "1";
        }

        if (stop.IsStopping)
        {
            // The server closes the connection after this response: 'Connection: close' in HTTP/1.1, GOAWAY in HTTP/2.
            ((HttpContext)context).Features.Get<IConnectionLifetimeNotificationFeature>()?.RequestClose();
        }

        return Task.CompletedTask;
    }
}
