using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Failures;

/// <summary><c>kill -9</c> of a silo, or of a gateway, while callers call.</summary>
public sealed class KilledSiloTests(SharedServer database)
{
    private const int Callers = 64;
    private static readonly TimeSpan BeforeKill = TimeSpan.FromSeconds(6);
    private static readonly TimeSpan AfterKill = TimeSpan.FromSeconds(12);

    [Fact]
    public Task Nobody_loses_a_call_to_a_version_with_two_replicas() => TimeLimit.HoldAsync(TimeSpan.FromSeconds(1), KillOneOfTwoAsync);

    [Fact]
    public Task Nobody_loses_a_call_to_a_version_with_one_replica() => TimeLimit.HoldAsync(TimeSpan.FromSeconds(2.5), KillTheOnlyOneAsync);

    [Fact]
    public Task A_second_gateway_has_lost_nothing_when_the_first_is_killed() => TimeLimit.HoldAsync(TimeSpan.FromSeconds(2), KillAGatewayAsync);

    private async Task<TimeSpan> KillOneOfTwoAsync()
    {
        using var models = new ModelsFolder();
        models.Add("pair", 1, TinyModels.Linear().ToBytes(), """{"replicas":{"min":2,"max":2}}""");
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = models.Path });
        var replicas = await FindAsync(cluster, "pair", 2);

        var load = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath("pair"), Calls.Linear, Callers);
        await Task.Delay(BeforeKill, TestContext.Current.CancellationToken);
        var before = load.Answers;
        cluster.Silos[replicas[1]].Kill();
        await Task.Delay(AfterKill, TestContext.Current.CancellationToken);
        await load.StopAsync();

        Summary.Say($"A silo killed, two replicas, {Callers} callers: {load} ({before} before the kill)");
        Assert.Empty(load.Failures);
        Assert.True(load.Answers > before, "nothing was answered after the kill");

        // The second replica is there again, on a silo that lives.
        await Calls.UntilAsync(
            async () => await cluster.FindReplicasAsync("pair") is [>= 0 and var one, >= 0 and var other] && one != other && one != replicas[1] && other != replicas[1],
            "two replicas on living silos");
        return load.LongestCall;
    }

    private async Task<TimeSpan> KillTheOnlyOneAsync()
    {
        using var models = new ModelsFolder();
        models.Add("single", TinyModels.Linear());
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = models.Path });
        var load = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath("single"), Calls.Linear, Callers);
        await load.WaitForAnswersAsync(1000);
        var replicas = await FindAsync(cluster, "single", 1);
        cluster.Silos[replicas[0]].Kill();
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        await load.WaitForAnswersAsync(1000);
        await load.StopAsync();

        Summary.Say($"A silo killed, one replica, {Callers} callers: {load}");
        Assert.Empty(load.Failures);
        return load.LongestCall;
    }

    private async Task<TimeSpan> KillAGatewayAsync()
    {
        using var models = new ModelsFolder();
        models.Add("m", TinyModels.Linear());
        await using var cluster = await TestCluster.StartAsync(
            database.ConnectionString, new ClusterOptions { Models = models.Path, Silos = 2, Gateways = 2 });
        var load = SteadyLoad.Start(cluster.GatewayAddresses[1], Calls.InferPath("m"), Calls.Linear, callers: 16);
        var doomed = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath("m"), Calls.Linear, callers: 4);
        await load.WaitForAnswersAsync(500);
        await doomed.WaitForAnswersAsync(100);
        var loads = await LoadsAsync(cluster);
        cluster.Gateways[0].Kill();
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        await load.WaitForAnswersAsync(500);
        await load.StopAsync();
        await doomed.StopAsync();

        Summary.Say($"A gateway killed: the other one's callers: {load}");
        Assert.Empty(load.Failures);

        // Where the gateway held a part of the directory, a replica is placed anew: where its version is in memory, or, rarely, once more.
        Assert.InRange(await LoadsAsync(cluster) - loads, 0, 1);
        return load.LongestCall;
    }

    /// <summary>Calls until all replicas are there; the numbers of their silos.</summary>
    internal static async Task<int[]> FindAsync(TestCluster cluster, string model, int count)
    {
        using var client = cluster.CreateClient(cluster.Gateways.Length - 1);
        await client.PostOkAsync(Calls.InferPath(model), Calls.Linear);
        int[] found = [];

        // The first silo of a starting cluster may load all of them, until they are spread.
        await Calls.UntilAsync(
            async () => (found = await cluster.FindReplicasAsync(model)).Length == count && found.All(static silo => silo >= 0)
                && found.Distinct().Count() == count,
            $"{count} replicas of {model}, each on a silo of its own");
        return found;
    }

    /// <summary>How often anything was loaded, by silo.</summary>
    private static async Task<double> LoadsAsync(TestCluster cluster)
    {
        using var client = cluster.CreateClient(1);
        return (await Metrics.ReadAsync(client, "krewe_load_duration_seconds_count")).Sum(static sample => sample.Value);
    }
}
