using System.Diagnostics;
using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Failures;

/// <summary>The database goes away, and everything goes away.</summary>
public sealed class DatabaseOutageTests(SharedServer database)
{
    [Fact]
    public async Task Calls_go_on_while_the_database_is_stopped()
    {
        using var models = new ModelsFolder();
        models.Add("a", TinyModels.Linear(seed: 1)).Add("b", TinyModels.Linear(seed: 2));
        await using var own = await PostgreSqlServer.CreateAsync();
        await using var cluster = await TestCluster.StartAsync(own.ConnectionString, new ClusterOptions { Models = models.Path });
        using var client = cluster.CreateClient();
        await client.PostOkAsync(Calls.InferPath("a"), Calls.Linear);
        await client.PostOkAsync(Calls.InferPath("b"), Calls.Linear);

        var load = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath("a"), Calls.Linear, callers: 16);
        var other = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath("b"), Calls.Linear, callers: 16);
        await load.WaitForAnswersAsync(100);
        await own.StopAsync();
        await Task.Delay(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        var during = load.Answers;
        await own.StartAsync();
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        await load.WaitForAnswersAsync(100);
        await load.StopAsync();
        await other.StopAsync();

        Summary.Say($"PostgreSQL stopped for 20 s: {load}; {other}");
        Assert.True(during > 0);
        Assert.Empty(load.Failures);
        Assert.Empty(other.Failures);
        Assert.All(cluster.Silos.Concat(cluster.Gateways), static process => Assert.False(process.HasExited));
        await Calls.UntilAsync(async () => (await client.GetAsync(new Uri("/v2/health/ready", UriKind.Relative))).IsSuccessStatusCode, "ready again");
    }

    [Fact]
    public async Task Everything_killed_and_started_again_serves_within_15_seconds()
    {
        using var models = new ModelsFolder();
        models.Add("m", TinyModels.Linear());
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = models.Path });
        using (var client = cluster.CreateClient())
        {
            await client.PostOkAsync(Calls.InferPath("m"), Calls.Linear);
        }

        cluster.KillAll();
        await Task.WhenAll(cluster.Silos.Concat(cluster.Gateways).Select(static process => process.WaitForExitAsync()));
        var watch = Stopwatch.StartNew();
        await cluster.StartAllAsync();
        using (var client = cluster.CreateClient())
        {
            await client.PostOkAsync(Calls.InferPath("m"), Calls.Linear);
        }

        Summary.Say($"Everything killed at once and started again: serving after {watch.Elapsed.TotalSeconds:0.0} s");
        Assert.InRange(watch.Elapsed, TimeSpan.Zero, TimeSpan.FromSeconds(15));
    }
}
