using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using Krewe.Abstractions.Cluster;
using Krewe.Abstractions.Errors;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Abstractions.Tensors;
using Krewe.Client.Admission;
using Krewe.Client.Cluster;
using Krewe.Client.Counters;
using Krewe.Client.Hosting;
using Krewe.Client.Retrying;
using Krewe.Client.Rollouts;
using Krewe.Client.Routing;
using Krewe.Client.Settings;
using Krewe.Client.Monitoring;
using Krewe.Grains.Interfaces.Models;
using Krewe.Grains.Interfaces.Nodes;
using Krewe.Grains.Interfaces.Relaying;
using Krewe.Grains.Interfaces.Replicas;
using Krewe.Grains.Interfaces.Versions;
using Krewe.Processes;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.Counting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Testing;

namespace Krewe.Client.Tests.Routing.Fakes;

/// <summary>A host over grains that do what a test says. Disposing it checks that no error was logged.</summary>
internal sealed class FakeCluster : IClusterGrains, IDisposable
{
    private readonly ConcurrentDictionary<ReplicaId, FakeReplica> replicas = new();
    private readonly ConcurrentDictionary<ModelName, FakeModel> models = new();
    private readonly ConcurrentDictionary<SiloAddress, FakeNode> nodes = new();
    private readonly ConcurrentDictionary<SiloAddress, FakeRelay> relays = new();
    private readonly ServiceProvider services;

    public FakeCluster(Action<ClusterCallOptions>? configure = null, TimeProvider? time = null, params CatalogVersion[] versions)
    {
        var options = new ClusterCallOptions();
        configure?.Invoke(options);
        Snapshots.Current = FakeSnapshots.Of(2, versions);
        var collection = new ServiceCollection();
        collection.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddProvider(new FakeLoggerProvider(Log)));
        collection.AddSingleton(time ?? TimeProvider.System);
        collection.AddSingleton<IMeterFactory>(Measured);
        collection.AddSingleton<IClusterGrains>(this);
        collection.AddSingleton<IClusterSnapshotSource>(Snapshots);
        collection.AddRouting(options);
        services = collection.BuildServiceProvider(new ServiceProviderOptions { ValidateOnBuild = true, ValidateScopes = true });
        _ = (services.GetServices<IHostedService>().ToArray(), Host);
    }

    public FakeLogCollector Log { get; } = new();

    public Measured Measured { get; } = new();

    public FakeSnapshots Snapshots { get; } = new();

    public ISiloMetrics SiloMetrics => services.GetRequiredService<ISiloMetrics>();

    public IModelHost Host => services.GetRequiredService<IModelHost>();

    public IClusterControl Control => services.GetRequiredService<IClusterControl>();

    public RoutingCounters Counters => services.GetRequiredService<RoutingCounters>();

    public CallAdmission Admission => services.GetRequiredService<CallAdmission>();

    public RetryBudget Budget => services.GetRequiredService<RetryBudget>();

    public IRolloutControl Rollouts => services.GetRequiredService<IRolloutControl>();

    public RolloutTallies Tallies => services.GetRequiredService<RolloutTallies>();

    public RolloutReporter Reporter => services.GetServices<IHostedService>().OfType<RolloutReporter>().Single();

    public TrafficRegistry Traffics => services.GetRequiredService<TrafficRegistry>();

    public FakeReplica this[string model, long version, int index] => replicas.GetOrAdd(
        new ReplicaId(FakeSnapshots.Id(model, version), index), static id => new FakeReplica(id));

    public FakeModel ModelOf(string name) => models.GetOrAdd(ModelName.Parse(name), static name => new FakeModel(name));

    public FakeNode NodeOf(int number) => nodes.GetOrAdd(FakeSnapshots.Address(number), static _ => new FakeNode());

    public IReplicaGrain Replica(ReplicaId replica) => this[replica.Model.Name.Value, replica.Model.Version.Number, replica.Index];

    public IModelGrain Model(ModelName model) => ModelOf(model.Value);

    public IModelVersionGrain Version(ModelId version) => ModelOf(version.Name.Value).OfVersion(version.Version.Number);

    public INodeGrain Node(SiloAddress silo) => nodes.GetOrAdd(silo, static _ => new FakeNode());

    public FakeRelay RelayOf(int number) => relays.GetOrAdd(FakeSnapshots.Address(number), _ => new FakeRelay());

    public IRelayGrain Relay(SiloAddress silo) => relays.GetOrAdd(silo, _ => new FakeRelay());

    /// <summary>An inference with one number, whose memory tells when it is given back.</summary>
    public static InferenceRequest Request(
        string model, float value = 1, long? version = null, TimeSpan? timeout = null, IDisposable? owner = null) => new()
        {
            Model = ModelReference.Parse(model, version?.ToString(System.Globalization.CultureInfo.InvariantCulture)),
            Inputs = [TensorOf.Values("x", [1], value)],
            Timeout = timeout ?? Timeout.InfiniteTimeSpan,
            Owner = owner,
        };

    /// <summary>Calls and gives back the one number of the answer.</summary>
    public async Task<float> InferAsync(string model, float value = 1, long? version = null, TimeSpan? timeout = null, CancellationToken cancellationToken = default)
    {
        using var request = Request(model, value, version, timeout);
        using var response = await Host.InferAsync(request, cancellationToken);
        return response["y"].AsSpan<float>()[0];
    }

    public async Task<KreweException> FailAsync(string model, long? version = null, TimeSpan? timeout = null) =>
        await Assert.ThrowsAsync<KreweException>(() => InferAsync(model, 1, version, timeout));

    /// <summary>Waits for what no event tells.</summary>
    public async Task UntilAsync(Func<bool> condition)
    {
        for (var start = TimeProvider.System.GetTimestamp(); !condition(); await Task.Delay(5))
        {
            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMinutes(1), string.Join('\n', Log.Lines));
        }
    }

    public void Dispose()
    {
        services.Dispose();
        Measured.Dispose();
        Assert.Empty(Log.Errors);
    }
}
