using Krewe.Cluster.Tests.Setup;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Rollouts;

/// <summary>
/// Fifty real rollouts of identical versions with the default guards, thirty on a quiet machine and twenty on a busy one. The two
/// versions may be on different silos.
/// </summary>
[Trait("category", "long")]
public sealed class IdenticalVersionTests(SharedServer database)
{
    private int apart;

    [Theory]
    [InlineData(0, 3)]
    [InlineData(3, 2)]
    public async Task A_version_of_the_same_bytes_is_promoted_every_time(int busyProcesses, int versionsEach)
    {
        using var folder = new ModelsFolder();
        IdenticalVersions.AddTo(folder);
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = folder.Path, Silos = 2 });
        using var busy = new BusyMachine(busyProcesses);

        var rollouts = await IdenticalVersions.RollOutAsync(cluster.GatewayAddresses[0], versionsEach, async (ended, version) =>
        {
            var (old, young) = (await cluster.FindReplicasAsync(ended.Model, version - 1), await cluster.FindReplicasAsync(ended.Model, version));
            if (!old.Intersect(young).Any())
            {
                Interlocked.Increment(ref apart);
            }
        });

        Summary.Say(
            $"{busyProcesses} processes beside the cluster: {rollouts.Count(static rollout => rollout.Phase == "PROMOTED")} of {rollouts.Length} promoted, "
            + $"{apart} with the versions on different silos");
        Assert.Equal(10 * versionsEach, rollouts.Length);
        Assert.Null(IdenticalVersions.FindFault(rollouts));
        Assert.InRange(apart, 1, rollouts.Length);
    }
}
