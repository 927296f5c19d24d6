using Krewe.Abstractions;
using Krewe.Rollouts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Krewe.Serving;

/// <summary>Adds aliases and rollouts to a process that serves alone.</summary>
public static class TrafficServiceCollectionExtensions
{
    private const string DefaultFolder = ".krewe";

    /// <summary>
    /// Registers the <see cref="IRolloutControl"/> of this process, what moves its rollouts on, and the <see cref="IVersionGuard"/> of its
    /// repository. Decisions are kept in a folder. After <see cref="ServingServiceCollectionExtensions.AddKreweServing"/>; in a cluster,
    /// where a model's grain decides, not at all.
    /// </summary>
    /// <param name="services">The host's services.</param>
    /// <param name="stateFolder">Where decisions are kept; null for <c>.krewe</c> in the repository.</param>
    public static IServiceCollection AddKreweTraffic(this IServiceCollection services, string? stateFolder = null)
    {
        services.AddSingleton(provider => new StateOwner(FolderOf(provider, stateFolder)));
        services.AddSingleton(provider => new TrafficStore(
            FolderOf(provider, stateFolder), provider.GetRequiredService<StateOwner>(), provider.GetRequiredService<ILogger<TrafficStore>>()));
        services.AddSingleton(provider => provider.GetRequiredService<LocalRouting>().Tallies);
        services.AddSingleton(provider => provider.GetRequiredService<LocalRouting>().Meter);
        services.AddSingleton<RollbackCounter>();
        services.AddSingleton<TrafficMetrics>();
        services.AddSingleton<TrafficPublication>();
        services.AddSingleton<TrafficLedger>();
        services.AddSingleton<RolloutWarmUp>();
        services.AddSingleton<RolloutConductor>();
        services.AddHostedService(provider => provider.GetRequiredService<RolloutConductor>());
        services.AddSingleton<IRolloutControl, LocalRolloutControl>();
        services.AddSingleton<IVersionGuard, TrafficGuard>();
        return services;
    }

    private static string FolderOf(IServiceProvider provider, string? folder) =>
        Path.GetFullPath(folder ?? Path.Combine(provider.GetRequiredService<ServingOptions>().Repository.Root, DefaultFolder));
}
