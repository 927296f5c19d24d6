using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;

namespace Krewe.Telemetry;

/// <summary>Adds the metrics' text to a host.</summary>
public static class TelemetryServiceCollectionExtensions
{
    /// <summary>Registers the <see cref="PrometheusExporter"/>; a second call changes nothing. Hosts bring the factory of meters.</summary>
    public static IServiceCollection AddPrometheusExporter(this IServiceCollection services)
    {
        services.TryAddSingleton<PrometheusExporter>();
        services.TryAddEnumerable(ServiceDescriptor.Singleton<IHostedService, PrometheusExporter>(
            static provider => provider.GetRequiredService<PrometheusExporter>()));
        return services;
    }
}
