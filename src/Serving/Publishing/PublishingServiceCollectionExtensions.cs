using Microsoft.Extensions.DependencyInjection;

namespace Krewe.Serving.Publishing;

/// <summary>Registers publishing for a process that serves a repository.</summary>
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
