using Grpc.Core;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Memory;
using Krewe.Api.Connections;
using Krewe.Api.Grpc.Compression;
using Krewe.Api.Grpc.Errors;
using Krewe.Api.Grpc.Messages;
using Krewe.Api.Grpc.Streams;
using Krewe.Api.Inference;
using Krewe.Api.Settings;
using Krewe.Api.Stopping;

namespace Krewe.Api.Grpc.Services;

/// <summary>Inference: one request, or a stream of them.</summary>
internal sealed class InferCalls(IModelHost host, ApiOptions options, GrpcErrors errors, StopSignal stop, TimeProvider time)
{
    private const string StrictErrors = "triton_grpc_error";

    public void Map(MethodTable methods)
    {
        var marshallers = new InferMarshallers(options.Limits);
        methods.Unary(
            GrpcService.Inference, "ModelInfer", marshallers.Request, marshallers.Reply, InferAsync,
            static message => (message.Model, message.Version));
        methods.Duplex(GrpcService.Inference, "ModelStreamInfer", marshallers.Request, marshallers.StreamReply, StreamAsync);
    }

    private async ValueTask<InferReply> InferAsync(InferMessage message, ServerCallContext call)
    {
        var http = call.GetHttpContext();
        var reply = await AnswerAsync(message, call, RouteKeyOf(message, call), call.CancellationToken);

        // Writing frees it; if nothing is written, the end of the call does.
        http.Response.RegisterForDispose(reply);
        if (CallMemory.Shared.Reserve(reply.Size) is { } sent)
        {
            // In the send buffers, until the caller has read it.
            http.Response.RegisterForDispose(sent);
        }

        http.Response.Headers[VersionHeader.Name] = reply.Version;
        await ReplyCompression.ChooseAsync(call);
        return reply;
    }

    private async Task StreamAsync(
        IAsyncStreamReader<InferMessage> requests, IServerStreamWriter<InferReply> replies, ServerCallContext call)
    {
        await ReplyCompression.ChooseAsync(call);
        var isStrict = call.GetHttpContext().Request.Headers[StrictErrors].ToString().Equals("true", StringComparison.OrdinalIgnoreCase);
        using var end = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, AgedConnection.EndOf(call.GetHttpContext()));
        if (!await new OrderedReplies(replies).RunAsync(
            requests, (message, end) => AnswerInStreamAsync(message, call, isStrict, end), end.Token, call.CancellationToken))
        {
            var why = stop.IsStopping ? "the server is stopping" : "the connection has reached its maximum age";
            throw KreweException.Unavailable($"{why}: what was read of the stream is answered");
        }
    }

    private async Task<InferReply> AnswerInStreamAsync(
        InferMessage message, ServerCallContext call, bool isStrict, CancellationToken cancellationToken)
    {
        try
        {
            return await AnswerAsync(message, call, RouteKeyOf(message, call), cancellationToken);
        }
        catch (Exception error)
        {
            var status = await errors.OfAsync(call, message.Model, message.Version, error);
            return isStrict || cancellationToken.IsCancellationRequested ? throw status : InferReply.Failed(message, status.Status.Detail);
        }
    }

    private async ValueTask<InferReply> AnswerAsync(
        InferMessage message, ServerCallContext call, string? routeKey, CancellationToken cancellationToken)
    {
        TimeSpan? left = call.Deadline == DateTime.MaxValue ? null : call.Deadline - time.GetUtcNow().UtcDateTime;
        InferenceResponse response;
        using (var request = message.ToRequest(options.Limits, routeKey, left))
        {
            request.Caller = call.GetHttpContext().Connection.RemoteIpAddress;
            response = await host.InferAsync(request, cancellationToken);
        }

        try
        {
            return InferReply.Of(message, response);
        }
        catch
        {
            response.Dispose();
            throw;
        }
    }

    private string? RouteKeyOf(InferMessage message, ServerCallContext call)
    {
        try
        {
            return RouteKey.Read(call.GetHttpContext().Request, options);
        }
        catch
        {
            message.Draft.Dispose();
            throw;
        }
    }
}
