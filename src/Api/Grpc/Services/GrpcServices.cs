using System.IO.Compression;
using Grpc.AspNetCore.Server;
using Grpc.AspNetCore.Server.Model;
using Grpc.Net.Compression;
using Krewe.Api.Grpc.Compression;
using Krewe.Api.Grpc.Errors;
using Krewe.Api.Settings;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Api.Grpc.Services;

/// <summary>Adds the gRPC methods to an application, whose own gRPC services keep their options.</summary>
internal static class GrpcServices
{
    public static IServiceCollection AddKreweGrpc(this IServiceCollection services, ApiOptions options)
    {
        services.AddGrpc().AddServiceOptions<GrpcService>(grpc =>
        {
            grpc.SuppressCreatingService = true;
            grpc.IgnoreUnknownServices = false;

            grpc.CompressionProviders =
            [
                new CountedCompression(new GzipCompressionProvider(CompressionLevel.Fastest)),
                new CountedCompression(new DeflateCompressionProvider(CompressionLevel.Fastest)),
            ];

            // As sent, and decompressed.
            grpc.MaxReceiveMessageSize = (int)options.Limits.MaxBodyBytes;
            grpc.MaxSendMessageSize = null;
        });

        // The library's route for unknown services covers all paths of two segments, and so hides which methods theirs allow.
        services.PostConfigure<GrpcServiceOptions>(static grpc => grpc.IgnoreUnknownServices ??= true);
        services.AddSingleton<GrpcErrors>();
        services.AddSingleton<InferCalls>();
        services.AddSingleton<ServerCalls>();
        services.AddSingleton<ModelCalls>();
        services.AddSingleton<RepositoryCalls>();
        services.AddSingleton<HealthCalls>();
        services.AddSingleton<ReflectionCalls>();
        services.AddSingleton<IServiceMethodProvider<GrpcService>, GrpcService>();
        return services;
    }

    public static void Map(IEndpointRouteBuilder routes) => routes.MapGrpcService<GrpcService>();
}
