using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Client.Monitoring;

/// <summary>Adds the snapshot of the cluster to a member or a client.</summary>
public static class ClusterMonitorServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IClusterSnapshotSource"/> and the service that keeps it fresh; a second call only changes the options. The host
    /// needs Orleans and an <see cref="ISiloList"/>. Call it after Orleans was added: services stop in reverse order, and the snapshot is
    /// wanted until the silo or client stops. Where it is called before, looks fail until Orleans is up, and nothing else does.
    /// </summary>
    public static IServiceCollection AddClusterMonitor(this IServiceCollection services, Action<ClusterMonitorOptions>? configure = null)
    {
        if (services.FirstOrDefault(service =>
            service.ServiceType == typeof(ClusterMonitorOptions))?.ImplementationInstance is ClusterMonitorOptions known)
        {
            configure?.Invoke(known);
            return services;
        }

        var options = new ClusterMonitorOptions();
        configure?.Invoke(options);
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IClusterReader, GrainClusterReader>();
        services.AddSingleton<ClusterMonitor>();
        services.AddSingleton<IClusterSnapshotSource>(provider => provider.GetRequiredService<ClusterMonitor>());
        services.AddHostedService(provider => provider.GetRequiredService<ClusterMonitor>());
        return services;
    }
}
