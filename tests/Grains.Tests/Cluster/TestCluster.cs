using System.Net;
using System.Runtime.CompilerServices;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Client.Hosting;
using Krewe.Client.Settings;
using Krewe.Client.Monitoring;
using Krewe.Grains.Hosting;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Replicas;
using Krewe.Grains.Storage;
using Krewe.Launch.Logging;
using Krewe.Placement;
using Krewe.Serving;
using Krewe.Serving.Admission;
using Krewe.Serving.Hosting;
using Krewe.Serving.Node;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;

namespace Krewe.Grains.Tests.Cluster;

/// <summary>Silos of one cluster in this process, connected by TCP on loopback. An error in the log fails the test at the end.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);
    private readonly string clusterId = $"test-{Guid.NewGuid():N}";
    private readonly SharedMembership membership = new();
    private readonly Action<NodeOptions> configure;
    private readonly Action<FakeNode> prepare;
    private readonly Action<ServingOptions>? serve;
    private readonly bool hasFrontDoor;
    private Action<ClusterCallOptions>? calls;
    private Action<ISiloBuilder>? engine;

    private TestCluster(Action<FakeNode> prepare, Action<NodeOptions> configure, Action<ServingOptions>? serve, bool hasFrontDoor = true) =>
        (this.prepare, this.configure, this.serve, this.hasFrontDoor) = (prepare, configure, serve, hasFrontDoor);

    public List<TestSilo> Silos { get; } = [];

    public SharedStorage Storage { get; } = new();

    public ErrorLog Log { get; } = new();

    public TestSilo this[int index] => Silos[index];

    public static Task<TestCluster> StartAsync(
        int silos, Action<FakeNode> prepare, Action<NodeOptions>? configure = null, Action<ClusterCallOptions>? calls = null,
        bool hasFrontDoor = true, Action<ISiloBuilder>? engine = null) =>
        StartAsync(silos, new TestCluster(prepare, configure ?? (_ => { }), null, hasFrontDoor) { calls = calls, engine = engine });

    /// <summary>Silos that really serve models, from one folder.</summary>
    public static Task<TestCluster> ServeAsync(int silos, Action<ServingOptions> serve) =>
        StartAsync(silos, new TestCluster(_ => { }, _ => { }, serve));

    private static async Task<TestCluster> StartAsync(int silos, TestCluster cluster)
    {
        for (var i = 1; i <= silos; i++)
        {
            await cluster.AddAsync($"silo-{i}");
        }

        await cluster.UntilSeenAsync();
        return cluster;
    }

    public async Task<TestSilo> AddAsync(string name)
    {
        var node = new FakeNode();
        prepare(node);
        var builder = Host.CreateApplicationBuilder(new HostApplicationBuilderSettings { DisableDefaults = true });
        var log = new ErrorLog.OfSilo(Log);
        builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(new EngineEventFilter(log, wantsDebug: true));
        if (serve is not null)
        {
            builder.Services.AddKreweServing(serve);
        }
        else
        {
            builder.Services.AddSingleton<IServingNode>(node);
        }

        builder.UseOrleans(silo => Configure(silo, name));
        builder.Services.AddSingleton<ISiloList, MemberList>();
        builder.Services.AddSingleton<GrainClusterReader>();
        builder.Services.AddSingleton<DelayedReader>();
        builder.Services.AddSingleton<IClusterReader>(provider => provider.GetRequiredService<DelayedReader>());
        builder.Services.AddClusterMonitor(options => options.RefreshInterval = TimeSpan.FromMilliseconds(50));
        if (hasFrontDoor)
        {
            builder.Services.AddKreweCluster(calls);
        }

        var host = builder.Build();
        node.Gate = serve is not null ? null : host.Services.GetRequiredService<ILoadGate>();
        await host.StartAsync(TestContext.Current.CancellationToken);
        var started = new TestSilo(name, host, node, log);
        Silos.Add(started);
        return started;
    }

    /// <summary>Ends a silo as a crash does: nothing is moved, nothing is said.</summary>
    public static async Task KillAsync(TestSilo silo)
    {
        silo.IsOver = silo.Log.IsMuted = true;
        await silo.Host.StopAsync(new CancellationToken(canceled: true));
        await ((IAsyncDisposable)silo.Host).DisposeAsync();
    }

    /// <summary>Waits until every living silo sees every other as it is.</summary>
    public Task UntilSeenAsync() => UntilAsync(() =>
    {
        var living = Silos.Where(silo => !silo.IsOver).ToArray();
        return living.All(silo => living.All(other => silo.Views.Current.Nodes.Any(node => node.Address.Equals(other.Address)))
            && silo.Views.Current.Nodes.Length == living.Length);
    });

    /// <summary>Waits until a condition holds that nothing signals.</summary>
    public async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
            if (TimeProvider.System.GetElapsedTime(start) > Patience)
            {
                var lines = string.Join('\n', Log.All.Where(line => line.StartsWith("Krewe.", StringComparison.Ordinal)).TakeLast(40));
                Assert.Fail($"waited {Patience.TotalSeconds} s for {text}\n{lines}");
            }
        }
    }

    public static InferenceRequest Request(string model, params float[] values) => new()
    {
        Model = ModelReference.Parse(model, "1"),
        Inputs = [Tensor.Create("x", TensorType.Float32, [values.Length], System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray())],
    };

    /// <summary>The silo where a replica lives; null where it lives nowhere, or is counted twice for a moment.</summary>
    public TestSilo? Home(string model, int index = 0)
    {
        var homes = Silos.Where(silo => !silo.IsOver && silo.Get<ReplicaRegistry>().All.Any(replica => replica.Id == new ReplicaId(FakeNode.Id(model), index))).ToArray();
        return homes.Length == 1 ? homes[0] : null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var silo in Silos.Where(silo => !silo.IsOver).Reverse())
        {
            await KillAsync(silo);
        }

        Assert.True(!Log.Errors.Any(), string.Join('\n', Log.Errors));
    }

    private void Configure(ISiloBuilder silo, string name)
    {
        silo.Configure<ClusterOptions>(options => (options.ClusterId, options.ServiceId) = (clusterId, clusterId));
        silo.Configure<SiloOptions>(options => options.SiloName = name);
        silo.Configure<EndpointOptions>(options =>
            (options.AdvertisedIPAddress, options.SiloPort, options.GatewayPort) = (IPAddress.Loopback, Krewe.Processes.Ports.Next(), 0));
        silo.Configure<ClusterMembershipOptions>(options =>
        {
            (options.ProbeTimeout, options.NumMissedProbesLimit, options.NumVotesForDeathDeclaration) = (TimeSpan.FromSeconds(1), 2, 1);
            options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        });
        silo.Services.AddSingleton<IMembershipTable>(membership);
        silo.Services.AddKeyedSingleton<IGrainStorage>(GrainStorageName.Krewe, Storage);
        silo.Services.RemoveAll<TimeProvider>().AddSingleton(TimeProvider.System);
        silo.AddPlacementDirector<ReplicaPlacement, ReplicaPlacementDirector>();
        silo.AddPlacementDirector<NodePlacement, NodePlacementDirector>();
        silo.AddKreweGrains(configure);
        engine?.Invoke(silo);
    }
}
