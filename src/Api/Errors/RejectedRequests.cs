using System.Buffers;
using System.Diagnostics;
using Krewe.Api.Http;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api.Errors;

/// <summary>
/// Adds a JSON body to requests that Kestrel rejects before any of our code runs: an invalid request line or header, a NUL in the path,
/// headers too long or too slow. Kestrel reports these to its diagnostic source, which is this one only, so that other requests pay
/// nothing for it.
/// </summary>
internal sealed class RejectedRequests : DiagnosticSource
{
    private const string Event = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    public override bool IsEnabled(string name) => name == Event;

    public override void Write(string name, object? value)
    {
        if (value is IFeatureCollection features
            && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException error
            && features.Get<IHttpResponseFeature>() is { HasStarted: false } response
            && features.Get<IHttpResponseBodyFeature>() is { } body
            && features.Get<IConnectionTransportFeature>()?.Transport.Output is { } output)
        {
            Answer(response, body, output, ErrorAnswer.Of(error));
        }
    }

    private static void Answer(
        IHttpResponseFeature response, IHttpResponseBodyFeature body, IBufferWriter<byte> output, ErrorAnswer answer)
    {
        var json = JsonAnswer.ToBytes(answer.Message, ErrorAnswers.WriteError);
        response.StatusCode = answer.Status;
        response.Headers.ContentType = JsonAnswer.ContentType;
        response.Headers.ContentLength = json.Length;
        response.Headers.Connection = "close";

        // There is no body writer yet. Once the headers are in the connection's output, the body follows directly; Kestrel considers the
        // response started, adds nothing, and flushes when it closes the connection.
        if (body.StartAsync().IsCompletedSuccessfully)
        {
            output.Write(json.Span);
        }
    }
}
