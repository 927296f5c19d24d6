using Krewe.Abstractions.Publishing;
using Krewe.Client.Publishing;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Client.Hosting;

/// <summary>Registers publishing to a cluster.</summary>
internal static class PublishingServiceCollectionExtensions
{
    /// <summary>Registers the <see cref="IModelPublisher"/>; requires a registered <see cref="IVersionGuard"/>.</summary>
    public static IServiceCollection AddClusterPublishing(this IServiceCollection services)
    {
        services.AddSingleton(provider => new ServingSignature(
            provider.GetRequiredService<ClusterModelHost>(), provider.GetRequiredService<IVersionGuard>()));
        services.AddSingleton<IModelPublisher, ClusterModelPublisher>();
        return services;
    }
}
