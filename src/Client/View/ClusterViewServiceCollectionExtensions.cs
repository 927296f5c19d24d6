using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Client.View;

/// <summary>Adds the picture of the cluster to a member or a client.</summary>
public static class ClusterViewServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="IClusterViewSource"/> and the service that keeps it fresh; a second call only changes the options. The host
    /// needs Orleans and an <see cref="ISiloList"/>. Call it after Orleans was added: services stop in reverse order, and the picture is
    /// wanted until the silo or client stops. Where it is called before, looks fail until Orleans is up, and nothing else does.
    /// </summary>
    public static IServiceCollection AddClusterView(this IServiceCollection services, Action<ClusterViewOptions>? configure = null)
    {
        if (services.FirstOrDefault(service =>
            service.ServiceType == typeof(ClusterViewOptions))?.ImplementationInstance is ClusterViewOptions known)
        {
            configure?.Invoke(known);
            return services;
        }

        var options = new ClusterViewOptions();
        configure?.Invoke(options);
        services.AddSingleton(options);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IClusterReader, GrainClusterReader>();
        services.AddSingleton<ClusterWatch>();
        services.AddSingleton<IClusterViewSource>(provider => provider.GetRequiredService<ClusterWatch>());
        services.AddHostedService(provider => provider.GetRequiredService<ClusterWatch>());
        return services;
    }
}
