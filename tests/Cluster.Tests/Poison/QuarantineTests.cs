using System.Runtime.InteropServices;
using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Building;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Poison;

/// <summary>A version whose load ends the process, in silos without worker processes.</summary>
public sealed class QuarantineTests(SharedServer database)
{
    private static readonly ReadOnlyMemory<byte> One = """{"inputs":[{"name":"x","shape":[1],"datatype":"INT64","data":[1]}]}"""u8.ToArray();

    [Fact]
    public async Task After_two_deaths_a_version_is_quarantined_and_others_lost_nothing()
    {
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "the model ends the process on x86 processors alone");
        using var models = new ModelsFolder();
        models.Add("lethal", TinyModels.Lethal()).Add("good", TinyModels.Linear());
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions
        {
            Models = models.Path, SiloOptions = ["--isolation", "none"],
        });
        Array.ForEach(cluster.Silos, static silo => silo.ExpectedError = "A process ended during the load of lethal/1");
        using var client = cluster.CreateClient();
        await client.PostOkAsync(Calls.InferPath("good"), Calls.Linear);
        var load = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath("good"), Calls.Linear, callers: 8);

        // Callers insist, as callers do.
        var last = (Status: 0, Text: "");
        await Calls.UntilAsync(
            async () => (last = await client.PostAsync(Calls.InferPath("lethal"), One)).Text.Contains("quarantine", StringComparison.OrdinalIgnoreCase),
            "the version is quarantined");
        Assert.Equal(503, last.Status);
        foreach (var _ in Enumerable.Range(0, 10))
        {
            Assert.Equal(503, (await client.PostAsync(Calls.InferPath("lethal"), One)).Status);
        }

        await load.WaitForAnswersAsync(100);
        await load.StopAsync();
        var dead = Enumerable.Range(0, cluster.Silos.Length).Where(silo => cluster.Silos[silo].HasExited).ToList();
        Summary.Say($"A version that kills: {dead.Count} silos died of it, then: {last.Text.Trim()}; another version's callers: {load}");
        Assert.Equal(2, dead.Count);
        Assert.Empty(load.Failures);
        foreach (var silo in dead)
        {
            cluster.Silos[silo].Kill();
        }

        // The decision reaches gateways by itself, soon after the first refusal.
        var reason = "";
        await Calls.UntilAsync(
            async () =>
            {
                var index = await client.PostOkAsync("/v2/repository/index");
                var entry = index.EnumerateArray().Single(static entry => entry.GetProperty("name").GetString() == "lethal");
                reason = entry.TryGetProperty("reason", out var text) ? text.GetString() : "";
                return entry.GetProperty("state").GetString() == "UNAVAILABLE";
            },
            "the index says that the version is unavailable");
        Assert.Contains("quarantine", reason, StringComparison.OrdinalIgnoreCase);

        // It is durable: silos that come back know of it, and so does a cluster that was all gone.
        cluster.KillAll();
        await Task.WhenAll(cluster.Silos.Concat(cluster.Gateways).Select(static process => process.WaitForExitAsync()));
        await cluster.StartAllAsync();
        Array.ForEach(cluster.Silos, static silo => silo.ExpectedError = "A process ended during the load of lethal/1");
        using var again = cluster.CreateClient();
        Assert.Contains("quarantine", (await again.PostAsync(Calls.InferPath("lethal"), One)).Text, StringComparison.OrdinalIgnoreCase);

        // An operator mends the file and clears the quarantine.
        models.Replace("lethal", 1, TinyModels.Identity(TensorType.Int64, 1).ToBytes());
        await again.PostOkAsync("/v2/repository/models/lethal/versions/1/quarantine/clear");
        await Calls.UntilAsync(async () => (await again.PostAsync(Calls.InferPath("lethal"), One)).Status == 200, "it serves after all");
        Assert.All(cluster.Silos, static silo => Assert.False(silo.HasExited));
    }
}
