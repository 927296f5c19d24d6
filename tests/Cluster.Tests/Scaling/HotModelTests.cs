using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Scaling;

/// <summary>Replicas follow demand.</summary>
[Trait("category", "long")]
public sealed class HotModelTests(SharedServer database)
{
    private const int Width = 128;

    [Fact]
    public async Task A_hot_version_grows_to_its_most_replicas_and_shrinks_to_none()
    {
        using var models = new ModelsFolder();
        models.Add("hot", 1, TinyModels.Slow(iterations: 2000, Width).ToBytes(), """{"replicas":{"min":0,"max":3},"maxBatchSize":1,"idleTimeSeconds":5}""");
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = models.Path });
        var load = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath("hot"), Calls.Slow(Width), callers: 32);
        int[] places = [];
        await Calls.UntilAsync(
            async () => (places = await cluster.FindReplicasAsync("hot")).Length == 3 && places.All(static silo => silo >= 0), "three replicas");
        Assert.Equal(3, places.Distinct().Count());
        await load.WaitForAnswersAsync(100);
        await load.StopAsync();
        Summary.Say($"A hot version grew to {places.Length} replicas on distinct silos: {load}");
        Assert.Empty(load.Failures);

        await Calls.UntilAsync(async () => (await cluster.FindReplicasAsync("hot")).Length == 0, "no replica once it is idle", TimeSpan.FromSeconds(60));
        using var client = cluster.CreateClient();
        await client.PostOkAsync(Calls.InferPath("hot"), Calls.Slow(Width));
    }
}
