using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.Counting;
using Krewe.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Orleans.Core.Internal;
using Orleans.Storage;

namespace Krewe.Grains.Tests.Models;

/// <summary>A real silo in this process, with a storage named "krewe".</summary>
internal sealed class ModelSilo : IAsyncDisposable
{
    private readonly InProcessSilos silos = new();

    private ModelSilo()
    {
    }

    public IGrainFactory Grains { get; private set; } = null!;

    public IRoutingTableGrain Table => Grains.GetGrain<IRoutingTableGrain>(IRoutingTableGrain.Key);

    /// <summary>Without a storage the engine's own in memory takes its place.</summary>
    public static async Task<ModelSilo> StartAsync(SwitchedStorage? storage)
    {
        var silo = new ModelSilo();
        var host = await silo.silos.StartAsync("silo", builder => builder.UseOrleans(engine =>
        {
            engine.Services.AddSingleton<IClusterSnapshotSource, NoSnapshots>();
            engine.Services.AddSingleton<RollbackCounter>();
            if (storage is null)
            {
                engine.AddMemoryGrainStorage("krewe");
            }
            else
            {
                engine.Services.AddKeyedSingleton<IGrainStorage>("krewe", storage);
            }
        }));
        silo.Grains = host.Services.GetRequiredService<IGrainFactory>();
        return silo;
    }

    public IModelGrain Model(string name) => Grains.GetGrain<IModelGrain>(name);

    /// <summary>Ends the activation of a grain; the next call makes another.</summary>
    public async Task RestartAsync(IAddressable grain)
    {
        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        await Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
    }

    public ValueTask DisposeAsync() => silos.DisposeAsync();
}
