using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Launch.Logging;
using Krewe.Processes;
using Krewe.Rollouts.Counting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Core.Internal;
using Orleans.Storage;

namespace Krewe.Grains.Tests.Models;

/// <summary>A real silo in this process, on ports of its own, with a storage named "krewe".</summary>
internal sealed class ModelSilo : IAsyncDisposable
{
    private readonly IHost host;
    private readonly SiloErrors errors;

    private ModelSilo(IHost host, SiloErrors errors) => (this.host, this.errors) = (host, errors);

    public IGrainFactory Grains => host.Services.GetRequiredService<IGrainFactory>();

    public IRouteBookGrain Book => Grains.GetGrain<IRouteBookGrain>(IRouteBookGrain.Key);

    /// <summary>Without a storage the engine's own in memory takes its place.</summary>
    public static async Task<ModelSilo> StartAsync(SwitchedStorage? storage)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { EnvironmentName = Environments.Production });
        var errors = new SiloErrors();
        builder.Logging.SetMinimumLevel(LogLevel.Warning).AddProvider(new EngineEventFilter(errors, wantsDebug: false));
        builder.UseOrleans(silo =>
        {
            silo.UseLocalhostClustering(Ports.Next(), Ports.Next());
            silo.Services.AddSingleton<IClusterSnapshotSource, NoViews>();
            silo.Services.AddSingleton<RollbackCounter>();
            if (storage is null)
            {
                silo.AddMemoryGrainStorage("krewe");
            }
            else
            {
                silo.Services.AddKeyedSingleton<IGrainStorage>("krewe", storage);
            }
        });
        var host = builder.Build();
        await host.StartAsync();
        return new ModelSilo(host, errors);
    }

    public IModelGrain Model(string name) => Grains.GetGrain<IModelGrain>(name);

    /// <summary>Ends the activation of a grain; the next call makes another.</summary>
    public async Task RestartAsync(IAddressable grain)
    {
        await grain.AsReference<IGrainManagementExtension>().DeactivateOnIdle();
        await Grains.GetGrain<IManagementGrain>(0).ForceActivationCollection(TimeSpan.Zero);
    }

    public async ValueTask DisposeAsync()
    {
        var unexpected = errors.Lines.ToArray();
        await host.StopAsync();
        host.Dispose();
        Assert.Empty(unexpected);
    }
}
