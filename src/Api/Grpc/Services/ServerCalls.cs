using Krewe.Api.Endpoints;
using Krewe.Api.Health;
using Krewe.Api.Settings;
using Proto = Inference;

namespace Krewe.Api.Grpc.Services;

/// <summary>The server: liveness, readiness, name and extensions.</summary>
internal sealed class ServerCalls(ServerReadiness server, ApiOptions options)
{
    public void Map(MethodTable methods)
    {
        methods.Unary(
            GrpcService.Inference, "ServerLive", Proto.ServerLiveRequest.Parser,
            static (_, _) => ValueTask.FromResult(new Proto.ServerLiveResponse { Live = true }));
        methods.Unary(
            GrpcService.Inference, "ServerReady", Proto.ServerReadyRequest.Parser,
            async (_, token) => new Proto.ServerReadyResponse { Ready = (await server.DecideAsync(token)).IsReady });
        methods.Unary(
            GrpcService.Inference, "ServerMetadata", Proto.ServerMetadataRequest.Parser,
            (_, _) => ValueTask.FromResult(new Proto.ServerMetadataResponse
            {
                Name = options.ServerName, Version = options.ServerVersion, Extensions = { ServerEndpoints.Extensions },
            }));
    }
}
