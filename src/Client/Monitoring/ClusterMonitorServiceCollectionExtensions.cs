using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Client.Monitoring;

/// <summary>Registers the cluster snapshot in a member or a client.</summary>
public static class ClusterMonitorServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IClusterSnapshotSource"/> and the service that refreshes it; a second call only changes the options. Requires
    /// Orleans and an <see cref="ISiloList"/>. Call it after adding Orleans: services stop in reverse order, and the snapshot is needed
    /// until
    /// the silo or client has stopped. If it is called before, polls fail until Orleans is up, without other effects.
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
