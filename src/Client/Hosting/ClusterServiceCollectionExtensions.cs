using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Publishing;
using Krewe.Client.Admission;
using Krewe.Client.Cluster;
using Krewe.Client.Control;
using Krewe.Client.Counters;
using Krewe.Client.Relaying;
using Krewe.Client.Retrying;
using Krewe.Client.Rollouts;
using Krewe.Client.Routing;
using Krewe.Client.Settings;
using Krewe.Client.Monitoring;
using Krewe.Client.Watching;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Relaying;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.Counting;
using Krewe.Rollouts.Traffic;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;

namespace Krewe.Client.Hosting;

/// <summary>Registers access to a cluster's models.</summary>
public static class ClusterServiceCollectionExtensions
{
    /// <summary>
    /// Registers an <see cref="IModelHost"/> (also <see cref="IClusterControl"/>, <see cref="IRolloutControl"/> and
    /// <see cref="IModelPublisher"/>) that calls the cluster's models, and a <see cref="KreweClient"/> over it. Requires a registered
    /// <see cref="IGrainFactory"/>. Invalid options throw <see cref="KreweException"/> with every error.
    /// </summary>
    public static IServiceCollection AddKreweCluster(this IServiceCollection services, Action<ClusterCallOptions>? configure = null)
    {
        var options = new ClusterCallOptions();
        configure?.Invoke(options);
        return services.AddKreweCluster(options);
    }

    public static IServiceCollection AddKreweCluster(this IServiceCollection services, ClusterCallOptions options)
    {
        if (options.FindErrors().ToArray() is { Length: > 0 } errors)
        {
            throw KreweException.InvalidInput(string.Join("; ", errors));
        }

        services.AddClusterMonitor();
        return services.AddRouting(options).AddClusterPublishing();
    }

    /// <summary>Everything but the cluster snapshot.</summary>
    internal static IServiceCollection AddRouting(this IServiceCollection services, ClusterCallOptions options)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IClusterGrains, ClusterGrains>();
        services.AddSingleton(options);
        services.TryAddSingleton(MessageLimit.Of<ClientMessagingOptions>);
        services.AddSingleton<RoutingCounters>();
        services.AddSingleton(
            provider => new RetryBudget(options.RetryRatio, options.RetryReserve, provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<FirstSnapshot>();
        services.AddSingleton<TrafficRegistry>();
        services.AddSingleton<CallAdmission>();
        services.AddSingleton<RelaySearch>();
        services.AddSingleton<ReplicaProbe>();
        if (options.WatchesCalls)
        {
            services.AddSingleton<CallWatch>();
        }

        services.AddSingleton(provider => new ReplicaCalls(
            provider.GetRequiredService<ReplicaProbe>(), provider.GetRequiredService<RetryBudget>(), provider.GetService<CallWatch>(),
            provider.GetRequiredService<RoutingCounters>(), options, provider.GetRequiredService<MessageLimit>(),
            provider.GetRequiredService<TimeProvider>(), provider.GetRequiredService<ILogger<ReplicaCalls>>()));
        services.AddSingleton<VersionInvoker>();
        services.AddRolloutReports();
        services.AddSingleton<RouteMetrics>();
        services.AddSingleton(provider => new ShadowCopies(
            new ShadowOptions(), provider.GetRequiredService<RouteMetrics>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton(provider => new RolloutRouter(
            provider.GetRequiredService<VersionInvoker>(), provider.GetRequiredService<RolloutTallies>(),
            provider.GetRequiredService<RouteMetrics>(),
            provider.GetRequiredService<ShadowCopies>(), provider.GetRequiredService<TimeProvider>()));
        services.AddSingleton<InferenceRouter>();
        services.AddHostedService<RoutingMetrics>();
        services.AddSingleton<NodeQueries>();
        services.AddSingleton<ISiloMetrics, SiloMetrics>();
        services.AddSingleton<SignatureCache>();
        services.TryAddSingleton<GrainCalls>();
        services.AddSingleton<VersionControl>();
        services.AddSingleton<ClusterModelHost>();
        services.AddSingleton<IModelHost>(provider => provider.GetRequiredService<ClusterModelHost>());
        services.AddSingleton<IClusterControl>(provider => provider.GetRequiredService<ClusterModelHost>());
        services.AddSingleton<IRolloutControl, ClusterRolloutControl>();
        services.AddSingleton(provider => new KreweClient(
            provider.GetRequiredService<ClusterModelHost>(), provider.GetRequiredService<IRolloutControl>()));
        services.TryAddSingleton<IVersionGuard, ClusterVersionGuard>();
        return services;
    }

    /// <summary>Makes this process report its counts of rollouts, which also keeps rollouts active; a second call has no effect.</summary>
    public static IServiceCollection AddRolloutReports(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IClusterGrains, ClusterGrains>();
        services.TryAddSingleton<RolloutTallies>();
        services.AddHostedService<RolloutReporter>();
        return services;
    }
}

/// <summary>Grains of the cluster that this process is a member or client of.</summary>
internal sealed class ClusterGrains(IGrainFactory grains) : IClusterGrains
{
    public IReplicaGrain Replica(ReplicaId replica) => grains.Find<IReplicaGrain>(replica.ToString());

    public IModelGrain Model(ModelName model) => grains.Find<IModelGrain>(model.Value);

    public IModelVersionGrain Version(ModelId version) => grains.Find<IModelVersionGrain>(version.ToString());

    public INodeGrain Node(SiloAddress silo) => grains.Find<INodeGrain>(silo.ToParsableString());

    public IRelayGrain Relay(SiloAddress silo) => grains.Find<IRelayGrain>(silo.ToParsableString());
}
