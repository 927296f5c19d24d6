using System.Collections.Concurrent;
using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Grains.Tests.Cluster;
using Krewe.Rollouts.Control;
using Krewe.Rollouts.Plans;
using Krewe.Rollouts.States;

namespace Krewe.Grains.Tests.Rollouts;

/// <summary>A model of two versions on silos that make answers up, with callers who call until they are stopped.</summary>
internal sealed class RolledModel : IAsyncDisposable
{
    private readonly CancellationTokenSource stopping = new();
    private Task[] callers = [];

    private RolledModel(TestCluster cluster) => Cluster = cluster;

    public static ModelName Name { get; } = ModelName.Parse("m");

    public static ModelVersion One { get; } = new(1);

    public static ModelVersion Two { get; } = new(2);

    public TestCluster Cluster { get; }

    public ConcurrentQueue<string> Failures { get; } = new();

    /// <summary>Calls answered so far, by version.</summary>
    public ConcurrentDictionary<long, long> Answers { get; } = new();

    public static ChangeAuthor Anna => new("anna", "newer data", TimeProvider.System.GetUtcNow());

    public static async Task<RolledModel> StartAsync(
        int silos, Action<FakeNode>? prepare = null, long bytes = 1 << 20, bool hasFrontDoor = true, Action<ISiloBuilder>? engine = null)
    {
        var cluster = await TestCluster.StartAsync(silos, node =>
        {
            node.Add("m", bytes: bytes);
            node.Add("m", bytes: bytes, version: 2);
            prepare?.Invoke(node);
        }, hasFrontDoor: hasFrontDoor, engine: engine);
        await cluster.UntilAsync(() => cluster.Silos.All(silo => silo.Snapshots.Current.Models.TryGetValue(Name, out var model) && model.Versions.Length == 2));
        return new RolledModel(cluster);
    }

    /// <summary>A canary of two steps that are over as soon as the guards may be sure.</summary>
    public static RolloutPlan Canary(int dwellSeconds = 0) => new()
    {
        Strategy = RolloutStrategy.Canary,
        Version = Two,
        Steps =
        [
            new RolloutStep { Canary = new Share(100_000), Dwell = TimeSpan.FromSeconds(dwellSeconds), MinRequests = 50 },
            new RolloutStep { Canary = new Share(500_000), Dwell = TimeSpan.FromSeconds(dwellSeconds), MinRequests = 50 },
        ],
        KeepWarm = TimeSpan.FromSeconds(1),
        Guards = new RolloutGuards { MaxP50Ratio = null, MaxP99Ratio = null },
    };

    /// <summary>A rollout in which the new version takes the old one's place.</summary>
    public static RolloutPlan Replacement() => new()
    {
        Strategy = RolloutStrategy.BlueGreen,
        Version = Two,
        Steps = [],
        ReplicaByReplica = true,
        KeepWarm = TimeSpan.FromSeconds(1),
        Guards = Canary().Guards,
    };

    public IRolloutControl Control(int silo = 0) => Cluster[silo].Get<IRolloutControl>();

    public async Task<RolloutStatus> StatusAsync(int silo = 0) =>
        await Control(silo).GetRolloutAsync(Name, CancellationToken.None) ?? throw new InvalidOperationException("there is no rollout");

    /// <summary>Calls by way of silos.</summary>
    public void Call(int count, params int[] silos) => callers =
    [
        .. callers,
        .. Enumerable.Range(0, count).Select(caller => Task.Run(() => CallAsync(Cluster[silos[caller % silos.Length]]))),
    ];

    /// <summary>Calls once; the version that answered.</summary>
    public async Task<long> CallOnceAsync(string? version = null, int silo = 0)
    {
        using var request = Request(version);
        using var answer = await Cluster[silo].Get<IModelHost>().InferAsync(request, TestContext.Current.CancellationToken);
        return answer.Model.Version.Number;
    }

    /// <summary>Waits until the rollout is as wanted.</summary>
    public async Task<RolloutStatus> UntilAsync(Func<Rollout, bool> wanted, int silo = 0)
    {
        var start = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var status = await StatusAsync(silo);
            if (wanted(status.Rollout))
            {
                return status;
            }

            Assert.True(TimeProvider.System.GetElapsedTime(start) < TimeSpan.FromMinutes(2), $"{status.Rollout} {string.Join(", ", status.Counts)}");
            await Task.Delay(20, TestContext.Current.CancellationToken);
        }
    }

    /// <summary>Waits until all processes know what was decided first.</summary>
    public Task UntilRoutedAsync() => Cluster.UntilAsync(() => Cluster.Silos.All(silo => silo.Snapshots.Current.Models[Name].Traffic is not null));

    public async Task StopCallsAsync()
    {
        await stopping.CancelAsync();
        await Task.WhenAll(callers);
    }

    public async ValueTask DisposeAsync()
    {
        await StopCallsAsync();
        await Cluster.DisposeAsync();
        stopping.Dispose();
    }

    private static InferenceRequest Request(string? version) => new()
    {
        Model = ModelReference.Parse(Name.Value, version),
        Inputs = TestCluster.Request(Name.Value, 1, 2).Inputs,
    };

    private async Task CallAsync(TestSilo silo)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                using var request = Request(null);
                using var answer = await silo.Get<IModelHost>().InferAsync(request, CancellationToken.None);
                Answers.AddOrUpdate(answer.Model.Version.Number, 1, static (_, count) => count + 1);
            }
            catch (Exception error)
            {
                Failures.Enqueue(error.Message);
            }
        }
    }
}
