using Krewe.Client.Settings;
using Krewe.Client.Monitoring;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Orleans.Configuration;
using Orleans.Runtime.GrainDirectory;

namespace Krewe.Placement;

/// <summary>Adds replica placement to a silo.</summary>
public static class PlacementSiloBuilderExtensions
{
    /// <summary>
    /// Adds replica placement and the message size limit. Every silo of the cluster needs it, including silos without models, because the
    /// caller's silo places. A second call has no effect.
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
