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

/// <summary>Adds a client of a Krewe cluster to a .NET service.</summary>
public static class KreweClientServiceCollectionExtensions
{
    /// <summary>
    /// Registers <see cref="KreweClient"/>, connected to a cluster from outside while the host runs. The host's start waits for the
    /// cluster. Options that cannot be right throw <see cref="KreweException"/> naming all of them.
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

        // First, so that whoever wants more of the engine's logs says so in the usual way.
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
