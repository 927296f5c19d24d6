using System.Buffers;
using System.Diagnostics;
using Krewe.Api.Http;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;

namespace Krewe.Api.Errors;

/// <summary>
/// Gives a JSON body to what Kestrel refuses by itself, before any of our code sees it: a request line or header that cannot be
/// read, a NUL in the path, headers too long or too slow. Kestrel tells of these through the diagnostic source it is given, which
/// is this one alone, so that no other request pays for it.
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

        // There is no body writer yet. Once the headers are in the connection's output, the body goes right behind them; Kestrel
        // takes the answer for begun, adds nothing, and flushes as it closes the connection.
        if (body.StartAsync().IsCompletedSuccessfully)
        {
            output.Write(json.Span);
        }
    }
}
