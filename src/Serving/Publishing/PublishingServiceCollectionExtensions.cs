using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Serving.Publishing;

/// <summary>Adds what changes the repository of a process that serves it.</summary>
internal static class PublishingServiceCollectionExtensions
{
    public static IServiceCollection AddLocalPublishing(this IServiceCollection services)
    {
        services.AddSingleton<RepositoryScan>();
        services.AddSingleton<TrialLoad>();
        services.AddSingleton<IVersionStore, VersionStore>();
        services.AddHostedService<PublishingService>();
        return services;
    }
}
