using System.Globalization;
using Krewe.Cluster.Tests.Setup;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Rollouts;

/// <summary>A rollout that nobody looks after: the silo that conducts it and every gateway are gone, and nobody calls.</summary>
[Trait("category", "long")]
public sealed class ForsakenRolloutTests(SharedServer database)
{
    private static readonly TimeSpan KeepWarm = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Forsaken = TimeSpan.FromSeconds(16);

    [Fact]
    public async Task It_comes_to_its_end_on_the_silos_that_are_left()
    {
        using var models = RolledModel.CreateFolder();
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = models.Path });
        using var model = new RolledModel(cluster);
        await model.PutAsync("aliases/prod", """{"version":1}""");
        int? home = null;
        await using (var outside = await OutsideClient.StartAsync(database.ConnectionString, cluster))
        {
            await Calls.UntilAsync(async () => (home = await outside.FindHomeAsync(cluster, RolledModel.Name)) is not null, "the silo of the model's grain");
        }

        await model.PutAsync("rollout", $$"""{"strategy":"blue_green","version":2,"keep_warm_seconds":{{KeepWarm.TotalSeconds}},"reason":"test"}""");
        await Calls.UntilAsync(async () => (await model.GetAsync("rollout")).GetProperty("phase").GetString() == "KEEPING_WARM", "the switch");
        cluster.Gateways[0].Kill();
        cluster.Silos[home!.Value].Kill();
        await Task.Delay(Forsaken, TestContext.Current.CancellationToken);
        var back = TimeProvider.System.GetUtcNow();
        await cluster.StartGatewayAsync(0);
        using var after = new RolledModel(cluster);

        var last = (await after.HistoryAsync())[^1].Split(' ', 3);
        Assert.EndsWith("is done", last[2], StringComparison.Ordinal);
        var at = DateTimeOffset.Parse(last[1], CultureInfo.InvariantCulture);
        Summary.Say($"A rollout whose conductor and gateways were killed was done {(at - (back - Forsaken)).TotalSeconds:0.0} s after that");
        Assert.True(at < back, $"it was done at {at:O}, after somebody looked at {back:O}");
    }
}
