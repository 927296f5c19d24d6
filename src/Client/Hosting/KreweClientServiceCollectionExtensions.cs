using Krewe.Abstractions.Errors;
using Krewe.Client.Connection;
using Krewe.Client.Monitoring;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Messaging;

namespace Krewe.Client.Hosting;

/// <summary>Registers an external client of a Krewe cluster.</summary>
public static class KreweClientServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="KreweClient"/>, connected to a cluster while the host runs. The host's start waits for the cluster. Invalid
    /// options throw <see cref="KreweException"/> with every error.
    /// </summary>
    public static IServiceCollection AddKreweClient(this IServiceCollection services, Action<KreweClientOptions> configure)
    {
        var options = new KreweClientOptions();
        configure(options);
        if (options.FindErrors().ToArray() is { Length: > 0 } errors)
        {
            throw KreweException.InvalidInput(string.Join("; ", errors));
        }

        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton(options);
        services.AddOrleansClient(client => Configure(client, options));

        // Inserted first, so that the service's own logging rules override it.
        services.Configure<LoggerFilterOptions>(static filter => filter.Rules.Insert(0, new(null, "Orleans", LogLevel.Warning, null)));
        services.AddSingleton<ISiloList, MemberList>();
        services.AddClusterMonitor();
        return services.AddRouting(options.Calls);
    }

    private static void Configure(IClientBuilder client, KreweClientOptions options)
    {
        if (options.Lookup is { } lookup)
        {
            lookup(client);
        }
        else
        {
            client.Services.AddSingleton<IGatewayListProvider, SiloAddresses>();
        }

        client.Configure<ClusterOptions>(cluster => cluster.ClusterId = cluster.ServiceId = options.ClusterId);
        client.Configure<GatewayOptions>(gateways => gateways.GatewayListRefreshPeriod = options.SiloRefreshInterval);
        client.Configure<TypeManagementOptions>(types => types.TypeMapRefreshInterval = options.SiloRefreshInterval);
        client.Configure<ClientMessagingOptions>(messages => messages.WaitForCancellationAcknowledgement = false);
        client.Services.AddSingleton<IClientConnectionRetryFilter, ConnectionRetry>();
        client.Services.AddSingleton<IClusterConnectionStatusObserver, ConnectionObserver>();
    }
}
