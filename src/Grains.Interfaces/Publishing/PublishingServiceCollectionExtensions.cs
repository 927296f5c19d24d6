using Krewe.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Grains.Interfaces;

/// <summary>Adds publishing to a process that serves the models of a cluster.</summary>
internal static class PublishingServiceCollectionExtensions
{
    /// <summary>An <see cref="IVersionGuard"/> that is registered before is asked; without one nothing is refused.</summary>
    public static IServiceCollection AddClusterPublishing(this IServiceCollection services)
    {
        services.TryAddSingleton<IVersionGuard, UnloadingGuard>();
        services.AddSingleton(provider => new ServingSignature(provider.GetRequiredService<ClusterModelHost>(), provider.GetRequiredService<IVersionGuard>()));
        services.AddSingleton<IModelPublisher, ClusterModelPublisher>();
        return services;
    }
}
