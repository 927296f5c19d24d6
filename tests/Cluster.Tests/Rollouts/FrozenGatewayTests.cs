using Krewe.Cluster.Tests.Setup;
using Krewe.Grains.Interfaces.Models;
using Krewe.Rollouts.States;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Rollouts;

/// <summary>A version is retired while a gateway stands still, and so goes by what it knew.</summary>
[Trait("category", "long")]
public sealed class FrozenGatewayTests(SharedServer database)
{
    private const int Gateways = 3;
    private static readonly TimeSpan Frozen = TimeSpan.FromSeconds(2);

    [Fact]
    public async Task A_version_is_retired_only_when_every_gateway_knows_and_no_call_fails()
    {
        using var models = RolledModel.CreateFolder();
        await using var cluster = await TestCluster.StartAsync(
            database.ConnectionString, new ClusterOptions { Models = models.Path, Silos = 2, Gateways = Gateways });
        await using var outside = await OutsideClient.StartAsync(database.ConnectionString, cluster);
        using var model = new RolledModel(cluster);
        var loads = cluster.GatewayAddresses.Select(static gateway => SteadyLoad.Start(gateway, Calls.InferPath(RolledModel.Name), Calls.Linear, callers: 3)).ToArray();
        await Task.WhenAll(loads.Select(static load => load.WaitForAnswersAsync(100)));

        cluster.Gateways[2].Signal(Posix.Sigstop);
        var retiring = outside.Grains.GetGrain<IModelGrain>(RolledModel.Name).RetireAsync(2, new ChangeAuthor("test", "", TimeProvider.System.GetUtcNow()));
        await Task.Delay(Frozen, TestContext.Current.CancellationToken);
        var isDone = retiring.IsCompleted;
        cluster.Gateways[2].Signal(Posix.Sigcont);
        await retiring;

        var answers = await model.CountAnswersAsync(2);
        await Task.WhenAll(loads.Select(static load => load.WaitForAnswersAsync(300)));
        await Task.WhenAll(loads.Select(static load => load.StopAsync()));

        Summary.Say($"A version retired while one of {Gateways} gateways stood still for {Frozen.TotalSeconds:0} s: {string.Join("; ", loads.Select(static load => load.ToString()))}");
        Assert.All(loads, static load => Assert.Empty(load.Failures));
        Assert.False(isDone, "nobody waited for the gateway that stood still");
        Assert.NotEqual(0, answers);
        Assert.Equal(answers, await model.CountAnswersAsync(2));
    }
}
