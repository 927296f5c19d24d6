using Krewe.Abstractions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

/// <summary>Adds publishing to a process that serves a repository.</summary>
internal static class PublishingServiceCollectionExtensions
{
    /// <summary>An <see cref="IVersionGuard"/> that is registered is asked; without one nothing is refused.</summary>
    public static IServiceCollection AddLocalPublishing(this IServiceCollection services)
    {
        services.AddSingleton<RepositoryLook>();
        services.AddSingleton<TrialLoad>();
        services.AddSingleton<IVersionStore, VersionStore>();
        services.AddSingleton<IModelPublisher>(CreatePublisher);
        services.AddHostedService<PublishingService>();
        return services;
    }

    // Over this process's own host: where it is a silo, the host that is registered last is the cluster's.
    private static LocalModelPublisher CreatePublisher(IServiceProvider provider)
    {
        var host = provider.GetRequiredService<LocalModelHost>();
        var guard = provider.GetService<IVersionGuard>() ?? new DrainingGuard(host);
        return new LocalModelPublisher(
            provider.GetRequiredService<IVersionStore>(), guard, new ServingSignature(host, guard), provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<ILogger<LocalModelPublisher>>());
    }
}
