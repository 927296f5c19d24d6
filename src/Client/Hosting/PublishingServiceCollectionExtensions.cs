using Krewe.Abstractions.Publishing;
using Krewe.Client.Publishing;
using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Client.Hosting;

/// <summary>Adds publishing to a process that serves the models of a cluster.</summary>
internal static class PublishingServiceCollectionExtensions
{
    /// <summary>Registers the <see cref="IModelPublisher"/>; an <see cref="IVersionGuard"/> must be registered beside it.</summary>
    public static IServiceCollection AddClusterPublishing(this IServiceCollection services)
    {
        services.AddSingleton(provider => new ServingSignature(
            provider.GetRequiredService<ClusterModelHost>(), provider.GetRequiredService<IVersionGuard>()));
        services.AddSingleton<IModelPublisher, ClusterModelPublisher>();
        return services;
    }
}
