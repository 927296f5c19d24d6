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
using Krewe.Placement;
using Krewe.Serving;
using Krewe.Serving.Admission;
using Krewe.Serving.Hosting;
using Krewe.Serving.Node;
using Krewe.Tests;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Orleans.Configuration;
using Orleans.Storage;

namespace Krewe.Grains.Tests.Cluster;

/// <summary>Silos of one cluster that host models, real ones or a <see cref="FakeNode"/>. An error in the log fails the test at the end.</summary>
internal sealed class TestCluster : IAsyncDisposable
{
    private static readonly TimeSpan Timeout = TimeSpan.FromSeconds(90);
    private readonly InProcessSilos silos = new();
    private readonly Action<NodeOptions> configure;
    private readonly Action<FakeNode> prepare;
    private readonly Action<ServingOptions>? serve;
    private readonly bool hasFrontDoor;
    private Action<ClusterCallOptions>? calls;
    private Action<ISiloBuilder>? more;

    private TestCluster(Action<FakeNode> prepare, Action<NodeOptions> configure, Action<ServingOptions>? serve, bool hasFrontDoor = true) =>
        (this.prepare, this.configure, this.serve, this.hasFrontDoor) = (prepare, configure, serve, hasFrontDoor);

    public List<TestSilo> Silos { get; } = [];

    public SharedStorage Storage { get; } = new();

    /// <summary>What the silos have logged.</summary>
    public IEnumerable<string> Log => silos.Log.Select(static record => record.Message);

    public TestSilo this[int index] => Silos[index];

    public static Task<TestCluster> StartAsync(
        int silos, Action<FakeNode> prepare, Action<NodeOptions>? configure = null, Action<ClusterCallOptions>? calls = null,
        bool hasFrontDoor = true, Action<ISiloBuilder>? engine = null) =>
        StartAsync(silos, new TestCluster(prepare, configure ?? (_ => { }), null, hasFrontDoor) { calls = calls, more = engine });

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
        var started = new TestSilo(name, await silos.StartAsync(name, host => Configure(host, node)), node);
        Silos.Add(started);
        return started;
    }

    /// <summary>A log that is the cluster's too.</summary>
    public ILoggerProvider CreateLog(string name) => silos.CreateLog(name);

    /// <summary>Ends a silo as a crash does: nothing is moved, nothing is said.</summary>
    public Task KillAsync(TestSilo silo)
    {
        silo.IsOver = true;
        return silos.KillAsync(silo.Name);
    }

    /// <summary>Lets a silo leave in order.</summary>
    public Task StopAsync(TestSilo silo)
    {
        silo.IsOver = true;
        return silos.StopAsync(silo.Name, TestContext.Current.CancellationToken);
    }

    /// <summary>Waits until every living silo sees every other as it is.</summary>
    public Task UntilSeenAsync() => UntilAsync(() =>
    {
        var living = Silos.Where(silo => !silo.IsOver).ToArray();
        return living.All(silo => living.All(other => silo.Snapshots.Current.Nodes.Any(node => node.Address.Equals(other.Address)))
            && silo.Snapshots.Current.Nodes.Length == living.Length);
    });

    /// <summary>Waits until a condition holds that nothing signals.</summary>
    public async Task UntilAsync(Func<bool> condition, [CallerArgumentExpression(nameof(condition))] string text = "")
    {
        var start = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
            if (TimeProvider.System.GetElapsedTime(start) > Timeout)
            {
                var lines = silos.Log.Where(static record => record.Category?.StartsWith("Krewe.", StringComparison.Ordinal) == true).TakeLast(40);
                Assert.Fail($"waited {Timeout.TotalSeconds} s for {text}\n{string.Join('\n', lines)}");
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

    public ValueTask DisposeAsync() => silos.DisposeAsync();

    private void Configure(IHostApplicationBuilder host, FakeNode node)
    {
        if (serve is not null)
        {
            host.Services.AddKreweServing(serve);
        }
        else
        {
            host.Services.AddSingleton<IServingNode>(services =>
            {
                node.Gate = services.GetRequiredService<ILoadGate>;
                return node;
            });
        }

        host.UseOrleans(Configure);
        host.Services.AddSingleton<ISiloList, MemberList>();
        host.Services.AddSingleton<GrainClusterReader>();
        host.Services.AddSingleton<DelayedReader>();
        host.Services.AddSingleton<IClusterReader>(static services => services.GetRequiredService<DelayedReader>());
        host.Services.AddClusterMonitor(static options => options.RefreshInterval = TimeSpan.FromMilliseconds(50));
        if (hasFrontDoor)
        {
            host.Services.AddKreweCluster(calls);
        }
    }

    private void Configure(ISiloBuilder silo)
    {
        silo.Configure<ClusterMembershipOptions>(static options =>
        {
            (options.ProbeTimeout, options.NumMissedProbesLimit, options.NumVotesForDeathDeclaration) = (TimeSpan.FromSeconds(1), 2, 1);
            options.TableRefreshTimeout = TimeSpan.FromSeconds(2);
        });
        silo.Services.AddKeyedSingleton<IGrainStorage>(GrainStorageName.Krewe, Storage);
        silo.Services.RemoveAll<TimeProvider>().AddSingleton(TimeProvider.System);
        silo.AddPlacementDirector<ReplicaPlacement, ReplicaPlacementDirector>();
        silo.AddPlacementDirector<NodePlacement, NodePlacementDirector>();
        silo.AddKreweGrains(configure);
        more?.Invoke(silo);
    }
}
