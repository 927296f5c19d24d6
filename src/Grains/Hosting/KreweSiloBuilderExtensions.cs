using Krewe.Abstractions.Errors;
using Krewe.Client;
using Krewe.Client.Control;
using Krewe.Client.Endpoints;
using Krewe.Client.Hosting;
using Krewe.Client.Monitoring;
using Krewe.Grains.Demand;
using Krewe.Grains.Draining;
using Krewe.Grains.Loads;
using Krewe.Grains.Nodes;
using Krewe.Grains.Publishing;
using Krewe.Grains.Replicas;
using Krewe.Grains.Rollouts;
using Krewe.Grains.Routes;
using Krewe.Grains.Silos;
using Krewe.Grains.Storage;
using Krewe.Placement;
using Krewe.Rollouts.Counting;
using Krewe.Serving;
using Krewe.Serving.Admission;
using Krewe.Serving.Hosting;
using Krewe.Telemetry;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Orleans.Providers;
using Orleans.Storage;

namespace Krewe.Grains.Hosting;

/// <summary>Adds model hosting to a silo.</summary>
public static class KreweSiloBuilderExtensions
{
    /// <summary>
    /// Hosts models on this silo: <c>silo.AddKrewe(options => options.Models = "models")</c>. Every model version is a grain of the silo's
    /// cluster. Decisions (aliases, rollouts, quarantine) are kept in the grain storage named <c>krewe</c>, or in the default one. Grains
    /// and services can inject a <see cref="KreweClient"/> or an <see cref="Abstractions.Hosting.IModelHost"/>. Invalid options throw
    /// <see cref="Abstractions.Errors.KreweException"/> with every error.
    /// </summary>
    public static ISiloBuilder AddKrewe(this ISiloBuilder silo, Action<KreweOptions> configure)
    {
        var options = new KreweOptions();
        configure(options);
        return silo.AddKrewe(options);
    }

    /// <inheritdoc cref="AddKrewe(ISiloBuilder, Action{KreweOptions})"/>
    public static ISiloBuilder AddKrewe(this ISiloBuilder silo, KreweOptions options)
    {
        AddServing(silo.Services, options.Serving);
        silo.AddKreweGrains(options.Node);
        silo.Services.TryAddKeyedSingleton(GrainStorageName.Krewe, static (services, _) => DefaultStorage(services));
        if (options.CallsModels)
        {
            silo.Services.AddKreweCluster(options.Calls);
        }
        else
        {
            silo.Services.AddClusterMonitor();
        }

        return silo;
    }

    /// <summary>Serving starts before the silo and stops after it, in whichever order they were added.</summary>
    private static void AddServing(IServiceCollection services, ServingOptions options)
    {
        var before = services.Count;
        services.AddKreweServing(options);
        var hosted = services.Skip(before).Where(static service => service.ServiceType == typeof(IHostedService)).ToArray();
        foreach (var (index, service) in hosted.Index())
        {
            services.Remove(service);
            services.Insert(index, service);
        }
    }

    private static IGrainStorage DefaultStorage(IServiceProvider services) =>
        services.GetKeyedService<IGrainStorage>(ProviderConstants.DEFAULT_STORAGE_PROVIDER_NAME) ?? throw new InvalidOperationException(
            $"Krewe stores decisions about models in a grain storage: add one named '{GrainStorageName.Krewe}' or a default one, "
                + "such as AddMemoryGrainStorageAsDefault()");

    /// <summary>Adds the grains alone. The host adds serving, the cluster snapshot, and a grain storage named <c>krewe</c>.</summary>
    internal static ISiloBuilder AddKreweGrains(this ISiloBuilder silo, Action<NodeOptions>? configure = null)
    {
        var options = new NodeOptions();
        configure?.Invoke(options);
        return silo.AddKreweGrains(options);
    }

    private static ISiloBuilder AddKreweGrains(this ISiloBuilder silo, NodeOptions options)
    {
        if (options.FindErrors().ToArray() is { Length: > 0 } errors)
        {
            throw KreweException.InvalidInput(string.Join("; ", errors));
        }

        silo.AddKrewePlacement();
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
        services.AddSingleton<SiloLiveness>();
        services.AddSingleton<LoadLock>();
        services.AddSingleton<LoadEnds>();
        services.AddSingleton<CrashLoopGuard>();
        services.AddSingleton<ILoadGate>(provider => provider.GetRequiredService<CrashLoopGuard>());
        services.AddSingleton<ReplicaMover>();
        services.AddSingleton<NodeDrain>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>>(static provider => provider.GetRequiredService<NodeDrain>());
        services.AddSingleton<RollbackCounter>();
        services.AddHostedService<RollbackMetrics>();
        services.AddPrometheusExporter();
        services.AddRolloutReports();
        services.AddSingleton<OpenUploads>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, RouteKeeper>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, DemandReporter>();
        services.AddSingleton<ILifecycleParticipant<ISiloLifecycle>, MinReplicaReconciler>();
        return silo;
    }
}
