using Krewe.Abstractions;
using Krewe.Grains.Interfaces;
using Krewe.Rollouts;
using Krewe.Serving;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Krewe.Grains;

/// <summary>Adds the grains that host models to a silo.</summary>
public static class GrainsSiloBuilderExtensions
{
    /// <summary>
    /// Makes this silo host models. The host needs serving, the picture of the cluster, and a grain storage named <c>krewe</c>. Options
    /// that cannot be right throw <see cref="KreweException"/> naming all of them.
    /// </summary>
    public static ISiloBuilder AddKreweGrains(this ISiloBuilder silo, Action<NodeOptions>? configure = null)
    {
        var options = new NodeOptions();
        configure?.Invoke(options);
        if (options.FindErrors().ToArray() is { Length: > 0 } errors)
        {
            throw KreweException.InvalidInput(string.Join("; ", errors));
        }

        var services = silo.Services;
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddSingleton<LocalNode>();
        services.AddSingleton<ILocalNode>(provider => provider.GetRequiredService<LocalNode>());
        services.AddSingleton<ReplicaRegistry>();
        services.AddSingleton<ILocalReplicas>(provider => provider.GetRequiredService<ReplicaRegistry>());
        services.AddSingleton<ReplicaServing>();
        services.AddSingleton<NodeCatalog>();
        services.AddSingleton<AppliedRoutes>();
        services.AddSingleton<LocalLoads>();
        services.TryAddSingleton<GrainCalls>();
        services.AddSingleton<SiloLife>();
        services.AddSingleton<LoadTurns>();
        services.AddSingleton<LoadEnds>();
        services.AddSingleton<LoadGate>();
        services.AddSingleton<ILoadGate>(provider => provider.GetRequiredService<LoadGate>());
        services.AddSingleton<ReplicaMover>();
        services.AddSingleton<NodeDrain>();
        services.AddSingleton<RollbackCounter>();
        services.AddRolloutReports();
        services.AddSingleton<OpenUploads>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, RouteKeeper>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, DemandReporter>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, MinimumKeeper>();
        return silo;
    }
}
