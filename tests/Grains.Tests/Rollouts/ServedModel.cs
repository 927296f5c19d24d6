using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Inference;
using Krewe.Abstractions.Models;
using Krewe.Grains.Tests.Cluster;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.Serving.Node;

namespace Krewe.Grains.Tests.Rollouts;

/// <summary>A model of a few versions, served by three silos that all take calls.</summary>
internal sealed class ServedModel : IAsyncDisposable
{
    private readonly string root = Directory.CreateTempSubdirectory("krewe-grains-").FullName;
    private TestCluster? cluster;

    public static ModelName Name { get; } = ModelName.Parse("m");

    public TestCluster Cluster => cluster ?? throw new InvalidOperationException("the cluster has not started");

    public static async Task<ServedModel> StartAsync(int silos, params int[] versions)
    {
        var served = new ServedModel();
        foreach (var version in versions)
        {
            served.Add(version, TinyModels.FixedShape(3));
        }

        served.cluster = await TestCluster.ServeAsync(silos, options =>
        {
            options.Repository.Root = served.root;
            options.Repository.SettleTime = TimeSpan.Zero;
            options.MemoryBudgetBytes = 256L << 20;
        });
        await served.cluster.UntilAsync(() => served.cluster.Silos.All(silo => silo.Snapshots.Current.Nodes.All(node => node.Catalog.Count == versions.Length)));
        return served;
    }

    /// <summary>Adds a version, whole at once.</summary>
    public void Add(int version, ModelBuilder model)
    {
        var staged = Directory.CreateDirectory(Path.Combine(root, ".staged", $"{version}")).FullName;
        File.WriteAllBytes(Path.Combine(staged, "model.onnx"), model.ToBytes());
        Directory.CreateDirectory(Path.Combine(root, Name.Value));
        Directory.Move(staged, Path.Combine(root, Name.Value, $"{version}"));
    }

    /// <summary>Calls by way of a silo; the version that answered.</summary>
    public async Task<long> CallAsync(int silo, string? version = null, string? key = null)
    {
        using var request = new InferenceRequest
        {
            Model = ModelReference.Parse(Name.Value, version),
            RouteKey = key,
            Inputs = TestCluster.Request(Name.Value, 1, 2, 3).Inputs,
        };
        using var answer = await Cluster[silo].Get<IModelHost>().InferAsync(request, TestContext.Current.CancellationToken);
        return answer.Model.Version.Number;
    }

    /// <summary>How often silos that live have run a version for somebody.</summary>
    public async Task<long> CountRunsAsync(long version)
    {
        var runs = 0L;
        foreach (var silo in Cluster.Silos.Where(silo => !silo.IsOver))
        {
            var readings = await silo.Get<IServingNode>().Host.GetStatisticsAsync(null, CancellationToken.None);
            runs += readings.Where(reading => reading.Model.Version.Number == version).Sum(reading => reading.Success.Count + reading.Fail.Count);
        }

        return runs;
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        Directory.Delete(root, recursive: true);
    }
}
