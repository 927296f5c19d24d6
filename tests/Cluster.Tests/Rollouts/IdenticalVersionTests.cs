namespace Krewe.Cluster.Tests;

/// <summary>
/// Real rollouts with the default guards, where the two versions may be on different silos. They take minutes: they are part of the long proofs.
/// </summary>
[Trait("category", "long")]
public sealed class IdenticalVersionTests(DatabaseFixture database)
{
    private const int VersionsEach = 5;
    private int apart;

    [Theory]
    [InlineData(0)]
    [InlineData(3)]
    public async Task A_version_of_the_same_bytes_is_promoted_fifty_times_of_fifty(int busyProcesses)
    {
        using var folder = new ModelsFolder();
        IdenticalVersions.AddTo(folder);
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = folder.Path, Silos = 2 });
        using var busy = new BusyMachine(busyProcesses);

        var rollouts = await IdenticalVersions.RollOutAsync(cluster.GatewayAddresses[0], VersionsEach, async (ended, version) =>
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
        Assert.Equal(10 * VersionsEach, rollouts.Length);
        Assert.Null(IdenticalVersions.FindFault(rollouts));
        Assert.InRange(apart, 1, rollouts.Length);
    }
}
