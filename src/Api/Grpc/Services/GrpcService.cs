using Grpc.AspNetCore.Server.Model;
using Krewe.Api.Grpc.Errors;
using Krewe.Api.Metrics;

namespace Krewe.Api.Grpc.Services;

/// <summary>All gRPC methods. The library knows the service by this type, but makes none of it.</summary>
internal sealed class GrpcService(
    InferCalls infer, ServerCalls server, ModelCalls models, RepositoryCalls repository, HealthCalls health, ReflectionCalls reflection,
    HttpMetrics metrics, GrpcErrors errors) : IServiceMethodProvider<GrpcService>
{
    /// <summary>The name of the inference service.</summary>
    public const string Inference = "inference.GRPCInferenceService";

    public void OnServiceMethodDiscovery(ServiceMethodProviderContext<GrpcService> context)
    {
        var methods = new MethodTable(context, metrics, errors);
        infer.Map(methods);
        server.Map(methods);
        models.Map(methods);
        repository.Map(methods);
        health.Map(methods);
        reflection.Map(methods);
    }
}
