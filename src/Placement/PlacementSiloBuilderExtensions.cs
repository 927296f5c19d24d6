using Krewe.Client.Settings;
using Krewe.Client.Monitoring;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Runtime.GrainDirectory;

namespace Krewe.Placement;

/// <summary>Lets a silo take part in the calls of models.</summary>
public static class PlacementSiloBuilderExtensions
{
    /// <summary>
    /// Adds the placement of replicas, and the limit of its messages. Every silo of the cluster needs it, those without models too: the
    /// silo of the caller places. A second call changes nothing.
    /// </summary>
    public static ISiloBuilder AddKrewePlacement(this ISiloBuilder silo)
    {
        if (silo.Services.Any(static service => service.ServiceType == typeof(ISiloList)))
        {
            return silo;
        }

        silo.AddPlacementDirector<ReplicaPlacement, ReplicaPlacementDirector>();
        silo.AddPlacementDirector<NodePlacement, NodePlacementDirector>();
        silo.Services.AddSingleton<IGrainDirectoryResolver, NodeDirectory>();
        silo.Services.AddSingleton<ISiloList, ActiveSilos>();
        silo.Services.Replace(ServiceDescriptor.Singleton(MessageLimit.Of<SiloMessagingOptions>));
        return silo;
    }
}
