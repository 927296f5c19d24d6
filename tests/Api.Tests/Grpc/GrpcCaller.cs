using System.Net.Sockets;
using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;
using Grpc.Net.Client.Configuration;
using Krewe.Api.Tests.Fakes;
using Proto = Inference;

namespace Krewe.Api.Tests.Grpc;

/// <summary>A gRPC client over the generated messages.</summary>
internal sealed class GrpcCaller : IDisposable
{
    public const string Service = "inference.GRPCInferenceService";
    private readonly Recorder recorder = new();
    private readonly GrpcChannel channel;

    /// <param name="server">The server to call.</param>
    /// <param name="retries">The retry policy of the client, without one it does not retry.</param>
    public GrpcCaller(ApiServer server, RetryPolicy? retries = null) => channel = GrpcChannel.ForAddress(
        server.Address,
        new GrpcChannelOptions
        {
            MaxReceiveMessageSize = null, MaxSendMessageSize = null, HttpHandler = recorder, DisposeHttpClient = true,
            ServiceConfig = retries is null ? null : new ServiceConfig { MethodConfigs = { new MethodConfig { Names = { MethodName.Default }, RetryPolicy = retries } } },
        });

    /// <summary>How many connections it has opened.</summary>
    public int Connections => recorder.Connections;

    /// <summary>How the last answer is compressed, which the client does not show.</summary>
    public string? LastEncoding => recorder.LastEncoding;

    public void Dispose() => channel.Dispose();

    public AsyncUnaryCall<TResponse> Call<TRequest, TResponse>(string name, TRequest request, CallOptions options = default, string service = Service)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        channel.CreateCallInvoker().AsyncUnaryCall(Of<TRequest, TResponse>(MethodType.Unary, service, name), null, options, request);

    public AsyncUnaryCall<Proto.ModelInferResponse> Infer(Proto.ModelInferRequest request, CallOptions options = default) =>
        Call<Proto.ModelInferRequest, Proto.ModelInferResponse>("ModelInfer", request, options);

    public AsyncDuplexStreamingCall<Proto.ModelInferRequest, Proto.ModelStreamInferResponse> Stream(CallOptions options = default) =>
        Duplex<Proto.ModelInferRequest, Proto.ModelStreamInferResponse>("ModelStreamInfer", Service, options);

    public AsyncDuplexStreamingCall<TRequest, TResponse> Duplex<TRequest, TResponse>(string name, string service, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        channel.CreateCallInvoker().AsyncDuplexStreamingCall(Of<TRequest, TResponse>(MethodType.DuplexStreaming, service, name), null, options);

    public AsyncServerStreamingCall<TResponse> Watch<TRequest, TResponse>(string name, string service, TRequest request, CallOptions options = default)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        channel.CreateCallInvoker().AsyncServerStreamingCall(Of<TRequest, TResponse>(MethodType.ServerStreaming, service, name), null, options, request);

    private static Method<TRequest, TResponse> Of<TRequest, TResponse>(MethodType type, string service, string name)
        where TRequest : class, IMessage<TRequest>, new()
        where TResponse : class, IMessage<TResponse>, new() =>
        new(type, service, name, MarshallerOf<TRequest>(), MarshallerOf<TResponse>());

    private static Marshaller<T> MarshallerOf<T>()
        where T : class, IMessage<T>, new() =>
        Marshallers.Create(static message => message.ToByteArray(), static bytes => new MessageParser<T>(static () => new T()).ParseFrom(bytes));

    private sealed class Recorder : DelegatingHandler
    {
        private int connections;

        public Recorder() => InnerHandler = new SocketsHttpHandler
        {
            ConnectCallback = async (context, token) =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(context.DnsEndPoint, token);
                Interlocked.Increment(ref connections);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };

        public int Connections => Volatile.Read(ref connections);

        public string? LastEncoding { get; private set; }

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = await base.SendAsync(request, cancellationToken);
            LastEncoding = response.Headers.TryGetValues("grpc-encoding", out var values) ? values.Single() : null;
            return response;
        }
    }
}
