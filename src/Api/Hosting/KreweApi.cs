using System.Diagnostics;
using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Publishing;
using Krewe.Api.Bodies;
using Krewe.Api.Browsers;
using Krewe.Api.Endpoints;
using Krewe.Api.Errors;
using Krewe.Api.Grpc.Services;
using Krewe.Api.Health;
using Krewe.Api.Inference;
using Krewe.Api.Metrics;
using Krewe.Api.OpenApi;
using Krewe.Api.Publishing;
using Krewe.Api.Rollouts;
using Krewe.Api.Settings;
using Krewe.Api.Stopping;
using Krewe.Api.TensorFlowServing;
using Krewe.Rollouts.Control;
using Krewe.Telemetry;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Krewe.Api.Hosting;

/// <summary>Adds the HTTP API of an <see cref="IModelHost"/> to an ASP.NET Core application.</summary>
public static class KreweApi
{
    /// <summary>
    /// Registers the services of the endpoints. Also register an <see cref="IModelHost"/>, and optionally an <see cref="IClusterControl"/>,
    /// an <see cref="IRolloutControl"/> and an <see cref="IModelPublisher"/>. Invalid options throw
    /// <see cref="OptionsValidationException"/> with all errors.
    /// </summary>
    public static IServiceCollection AddKreweApi(this IServiceCollection services, Action<ApiOptions>? configure = null)
    {
        var options = new ApiOptions();
        configure?.Invoke(options);
        return services.AddKreweApi(options);
    }

    /// <inheritdoc cref="AddKreweApi(IServiceCollection, Action{ApiOptions})"/>
    public static IServiceCollection AddKreweApi(this IServiceCollection services, ApiOptions options)
    {
        if (options.Validate() is { Count: > 0 } errors)
        {
            throw new OptionsValidationException(nameof(ApiOptions), typeof(ApiOptions), errors);
        }

        services.AddRoutingCore();
        services.AddSingleton(options);
        services.AddSingleton(options.Limits);
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<Traffic>();
        services.AddSingleton<HttpMetrics>();
        services.AddPrometheusExporter();
        services.AddSingleton<StopSignal>();
        services.AddSingleton<BodyBudget>();
        services.AddSingleton<MemoryMetrics>();
        services.AddSingleton<ServerReadiness>();
        services.AddSingleton<BrowserCheck>();
        services.AddSingleton<ErrorAnswers>();
        services.AddSingleton<UnknownModelCheck>();
        services.AddSingleton<InferHandler>();
        services.AddSingleton<PredictHandler>();
        services.AddSingleton<PublishLimiter>();
        services.AddSingleton<DiagnosticSource, RejectedRequests>();
        services.AddKreweGrpc(options);
        services.AddHostedService<StopSequence>();
        services.AddHostedService<HeapTrim>();
        services.Configure<HostOptions>(host => host.ShutdownTimeout = options.StopGrace + options.ShutdownTimeout);
        return services;
    }

    /// <summary>
    /// Maps every endpoint (<c>/v1/models</c>, <c>/v2</c>, <c>/metrics</c>, the documents) and what all of them share: errors as JSON, HTTP
    /// metrics, leaving callers when the process stops. After <c>AddKreweApi</c>; called once. The application's other paths stay
    /// its own, but for what <see cref="ApiOptions.OwnsEveryPath"/> says. Returns the endpoints, for conventions such as
    /// <c>RequireAuthorization</c>.
    /// </summary>
    public static IEndpointConventionBuilder MapKrewe(this WebApplication app)
    {
        var services = app.Services;
        var options = services.GetService<ApiOptions>() ?? throw new InvalidOperationException(
            "call services.AddKreweApi() before app.MapKrewe()");
        var host = services.GetService<IModelHost>() ?? throw new InvalidOperationException(
            "no models are configured: call silo.AddKrewe(options => options.Models = \"folder\") first");
        var metrics = services.GetRequiredService<HttpMetrics>();
        _ = services.GetRequiredService<MemoryMetrics>();
        if (options.OwnsEveryPath)
        {
            app.UseMiddleware<RequestEnvelope>();
        }
        else
        {
            app.UseWhen(IsOurs, static ours => ours.UseMiddleware<RequestEnvelope>());
        }

        var endpoints = app.MapGroup("");
        var routes = new RouteTable(endpoints, metrics);
        new ServerEndpoints(options).Map(routes);
        new HealthEndpoints(services.GetRequiredService<ServerReadiness>()).Map(routes);
        new ModelEndpoints(host).Map(routes);
        new StatisticsEndpoints(host).Map(routes);
        new RepositoryEndpoints(host).Map(routes);
        var traffic = new TrafficCalls(services.GetService<IRolloutControl>(), services.GetRequiredService<TimeProvider>());
        new PublishingEndpoints(
            services.GetService<IModelPublisher>(), traffic, options, services.GetRequiredService<PublishLimiter>(),
            services.GetRequiredService<TimeProvider>()).Map(routes);
        new ClusterEndpoints(services.GetService<IClusterControl>()).Map(routes);
        new RolloutEndpoints(traffic).Map(routes);
        new AliasEndpoints(traffic).Map(routes);
        new HistoryEndpoint(traffic).Map(routes);
        new InferenceEndpoints(services.GetRequiredService<InferHandler>(), services.GetRequiredService<PredictHandler>()).Map(routes);
        new MetricsEndpoint(services.GetRequiredService<PrometheusExporter>(), services.GetService<ISiloMetrics>()).Map(routes);
        DocumentEndpoints.Map(routes);
        GrpcServices.Map(endpoints);
        return endpoints;
    }

    private static bool IsOurs(HttpContext context) =>
        context.GetEndpoint()?.Metadata.GetMetadata<HttpRouteCounter>() is not null
        || context.Request.Path.StartsWithSegments("/v2") || context.Request.Path.StartsWithSegments("/v1/models");
}
