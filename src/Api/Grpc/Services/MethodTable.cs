using Google.Protobuf;
using Grpc.AspNetCore.Server.Model;
using Grpc.Core;
using Krewe.Abstractions.Errors;
using Krewe.Api.Grpc.Errors;
using Krewe.Api.Metrics;
using Microsoft.AspNetCore.Http.Metadata;
using Microsoft.AspNetCore.Routing;

namespace Krewe.Api.Grpc.Services;

/// <summary>Maps gRPC methods with their metrics and errors, as <see cref="Krewe.Api.Endpoints.RouteTable"/> does paths.</summary>
internal sealed class MethodTable(ServiceMethodProviderContext<GrpcService> methods, HttpMetrics metrics, GrpcErrors errors)
{
    private const string Post = "POST";

    /// <summary>Maps a method of small messages. <paramref name="modelOf"/> gives the model and version that a request names.</summary>
    public void Unary<TRequest, TResponse>(
        string service, string name, MessageParser<TRequest> parser, Func<TRequest, CancellationToken, ValueTask<TResponse>> handler,
        Func<TRequest, (string, string)>? modelOf = null)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Unary(service, name, MarshallerOf(parser), WriterOf<TResponse>(), (request, call) => handler(request, call.CancellationToken),
            modelOf);

    /// <summary>Maps a method with marshallers of its own.</summary>
    public void Unary<TRequest, TResponse>(
        string service, string name, Marshaller<TRequest> reader, Marshaller<TResponse> writer,
        Func<TRequest, ServerCallContext, ValueTask<TResponse>> handler, Func<TRequest, (string, string)>? modelOf = null)
        where TRequest : class
        where TResponse : class =>
        methods.AddUnaryMethod(
            new Method<TRequest, TResponse>(MethodType.Unary, service, name, reader, writer), Metadata(service, name),
            async (_, request, call) =>
            {
                try
                {
                    return await handler(request, call);
                }
                catch (Exception error)
                {
                    var (model, version) = modelOf?.Invoke(request) ?? default;
                    throw await errors.OfAsync(call, model, version, error);
                }
            });

    /// <summary>Maps a method that answers one request by many messages.</summary>
    public void ServerStream<TRequest, TResponse>(
        string service, string name, MessageParser<TRequest> parser,
        Func<TRequest, IServerStreamWriter<TResponse>, ServerCallContext, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        methods.AddServerStreamingMethod(
            new Method<TRequest, TResponse>(MethodType.ServerStreaming, service, name, MarshallerOf(parser), WriterOf<TResponse>()),
            Metadata(service, name), (_, request, answers, call) => GuardAsync(call, handler(request, answers, call)));

    /// <summary>Maps a method of streams of small messages both ways.</summary>
    public void Duplex<TRequest, TResponse>(
        string service, string name, MessageParser<TRequest> parser,
        Func<IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> handler)
        where TRequest : class, IMessage<TRequest>
        where TResponse : class, IMessage<TResponse> =>
        Duplex(service, name, MarshallerOf(parser), WriterOf<TResponse>(), handler);

    /// <summary>Maps a method of streams both ways.</summary>
    public void Duplex<TRequest, TResponse>(
        string service, string name, Marshaller<TRequest> reader, Marshaller<TResponse> writer,
        Func<IAsyncStreamReader<TRequest>, IServerStreamWriter<TResponse>, ServerCallContext, Task> handler)
        where TRequest : class
        where TResponse : class =>
        methods.AddDuplexStreamingMethod(
            new Method<TRequest, TResponse>(MethodType.DuplexStreaming, service, name, reader, writer), Metadata(service, name),
            (_, requests, answers, call) => GuardAsync(call, handler(requests, answers, call)));

    private async Task GuardAsync(ServerCallContext call, Task handling)
    {
        try
        {
            await handling;
        }
        catch (Exception error) when (error is InvalidDataException or IOException && !call.CancellationToken.IsCancellationRequested)
        {
            // A broken frame among the requests.
            throw await errors.OfAsync(call, null, null, KreweException.InvalidInput("the request is not a valid gRPC message", error));
        }
        catch (Exception error)
        {
            throw await errors.OfAsync(call, null, null, error);
        }
    }

    private object[] Metadata(string service, string name) =>
        [new HttpMethodMetadata([Post]), NoBodyLimit.Instance, metrics.AddRoute(Post, $"/{service}/{name}")];

    private static Marshaller<T> MarshallerOf<T>(MessageParser<T> parser)
        where T : class, IMessage<T> =>
        new(static (_, _) => throw new NotSupportedException("requests are only read"), context =>
        {
            try
            {
                return parser.ParseFrom(context.PayloadAsReadOnlySequence());
            }
            catch (InvalidProtocolBufferException error)
            {
                throw new RpcException(new Status(StatusCode.InvalidArgument, $"the message is not valid protobuf: {error.Message}"));
            }
        });

    private static Marshaller<T> WriterOf<T>()
        where T : class, IMessage<T> =>
        new(
            static (message, context) =>
            {
                context.SetPayloadLength(message.CalculateSize());
                message.WriteTo(context.GetBufferWriter());
                context.Complete();
            },
            static _ => throw new NotSupportedException("answers are only written"));

    /// <summary>The server's limit of bodies does not apply: each message has it.</summary>
    private sealed class NoBodyLimit : IRequestSizeLimitMetadata
    {
        public static NoBodyLimit Instance { get; } = new();

        public long? MaxRequestBodySize => null;
    }
}
