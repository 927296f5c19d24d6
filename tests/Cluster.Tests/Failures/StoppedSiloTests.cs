using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Failures;

/// <summary>SIGTERM to a silo while callers call.</summary>
public sealed class StoppedSiloTests(SharedServer database)
{
    private const int Callers = 64;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public Task Nobody_loses_a_call_when_a_silo_is_stopped(int replicas) =>
        TimeLimit.HoldAsync(TimeSpan.FromSeconds(0.5), () => StopAsync(replicas));

    private async Task<TimeSpan> StopAsync(int replicas)
    {
        using var models = new ModelsFolder();
        models.Add("m", 1, TinyModels.Linear().ToBytes(), replicas == 1 ? null : """{"replicas":{"min":2,"max":2}}""");
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = models.Path });
        var places = await KilledSiloTests.FindAsync(cluster, "m", replicas);
        var load = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath("m"), Calls.Linear, Callers);
        await Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken);
        var exitCode = await cluster.Silos[places[^1]].StopAsync();
        await Task.Delay(TimeSpan.FromSeconds(3), TestContext.Current.CancellationToken);
        await load.StopAsync();

        Summary.Say($"A silo stopped, {replicas} replicas, {Callers} callers: {load}");
        Assert.Empty(load.Failures);
        Assert.Equal(0, exitCode);
        return load.LongestCall;
    }
}
