using Krewe.Grains.Interfaces;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Runtime.GrainDirectory;

namespace Krewe.Placement;

/// <summary>Lets a silo place the grains of models.</summary>
public static class PlacementSiloBuilderExtensions
{
    /// <summary>Every silo of the cluster needs this, those without models too: the silo of the caller places. A second call changes nothing.</summary>
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
        return silo;
    }
}
