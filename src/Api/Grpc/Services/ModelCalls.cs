using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Proto = Inference;

namespace Krewe.Api.Grpc.Services;

/// <summary>Models: readiness, signature, settings, statistics.</summary>
internal sealed class ModelCalls(IModelHost host)
{
    public void Map(MethodTable methods)
    {
        methods.Unary(
            GrpcService.Inference, "ModelReady", Proto.ModelReadyRequest.Parser,
            async (request, token) => new Proto.ModelReadyResponse
            {
                Ready = await host.IsReadyAsync(ModelReference.Parse(request.Name, request.Version), token),
            },
            static request => (request.Name, request.Version));
        methods.Unary(
            GrpcService.Inference, "ModelMetadata", Proto.ModelMetadataRequest.Parser,
            async (request, token) =>
                ModelMessages.Of(await host.GetMetadataAsync(ModelReference.Parse(request.Name, request.Version), token)),
            static request => (request.Name, request.Version));
        methods.Unary(
            GrpcService.Inference, "ModelConfig", Proto.ModelConfigRequest.Parser,
            async (request, token) => new Proto.ModelConfigResponse
            {
                Config = ModelConfigMessage.Of(
                    await host.GetConfigurationAsync(ModelReference.Parse(request.Name, request.Version), token)),
            },
            static request => (request.Name, request.Version));
        methods.Unary(
            GrpcService.Inference, "ModelStatistics", Proto.ModelStatisticsRequest.Parser, StatisticsAsync,
            static request => (request.Name, request.Version));
    }

    private async ValueTask<Proto.ModelStatisticsResponse> StatisticsAsync(
        Proto.ModelStatisticsRequest request, CancellationToken cancellationToken)
    {
        ModelReference? model = request is { Name: "", Version: "" } ? null : ModelReference.Parse(request.Name, request.Version);
        var statistics = await host.GetStatisticsAsync(model, cancellationToken);
        return new Proto.ModelStatisticsResponse { ModelStats = { statistics.Select(ModelMessages.Of) } };
    }
}
