using Google.Protobuf.Reflection;
using Grpc.Health.V1;
using Grpc.Reflection;
using Krewe.Api.Grpc.Streams;
using Krewe.Api.Stopping;
using Proto = Inference;
using V1 = Grpc.Reflection.V1;
using V1Alpha = Grpc.Reflection.V1Alpha;

namespace Krewe.Api.Grpc.Services;

/// <summary>Server reflection: clients such as grpcurl learn the services from the server.</summary>
internal sealed class ReflectionCalls(StopSignal stop)
{
    // Descriptors are read when the first client asks.
    private readonly Lazy<ReflectionV1ServiceImpl> current = new(static () => new ReflectionV1ServiceImpl(Services()));
    private readonly Lazy<ReflectionServiceImpl> former = new(static () => new ReflectionServiceImpl(Services()));

    public void Map(MethodTable methods)
    {
        methods.Duplex<V1.ServerReflectionRequest, V1.ServerReflectionResponse>(
            "grpc.reflection.v1.ServerReflection", "ServerReflectionInfo", V1.ServerReflectionRequest.Parser,
            (requests, answers, call) => current.Value.ServerReflectionInfo(
                new StoppableReader<V1.ServerReflectionRequest>(requests, stop.Token), answers, call));
        methods.Duplex<V1Alpha.ServerReflectionRequest, V1Alpha.ServerReflectionResponse>(
            "grpc.reflection.v1alpha.ServerReflection", "ServerReflectionInfo", V1Alpha.ServerReflectionRequest.Parser,
            (requests, answers, call) => former.Value.ServerReflectionInfo(
                new StoppableReader<V1Alpha.ServerReflectionRequest>(requests, stop.Token), answers, call));
    }

    private static IEnumerable<ServiceDescriptor> Services() =>
    [
        .. Proto.OpenInferenceReflection.Descriptor.Services, .. HealthReflection.Descriptor.Services,
        .. V1.ReflectionReflection.Descriptor.Services, .. V1Alpha.ReflectionReflection.Descriptor.Services,
    ];
}
