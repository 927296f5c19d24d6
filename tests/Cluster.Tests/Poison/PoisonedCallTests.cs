using System.Runtime.InteropServices;
using System.Text;
using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Building;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Poison;

/// <summary>A call whose input ends the process that computes it.</summary>
public sealed class PoisonedCallTests(SharedServer database) : IDisposable
{
    private static readonly ReadOnlyMemory<byte> Poison = Body(long.MinValue, -1);
    private readonly ModelsFolder models = new ModelsFolder().Add(
        "divide",
        new ModelBuilder("divide").Input("a", TensorType.Int64, "batch").Input("b", TensorType.Int64, "batch").Node("Div", ["a", "b"], "y")
            .Output("y", TensorType.Int64, "batch"),
        """{"replicas": {"min": 3}}""");

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task Without_worker_processes_it_ends_two_silos_at_most_and_is_refused_by_the_third()
    {
        SkipUnlessDivisionTraps();
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions
        {
            Models = models.Path, SiloOptions = ["--isolation", "none"],
        });
        Array.ForEach(cluster.Silos, static silo => silo.ExpectedError = "A process ended during a run of divide/1");
        using var client = cluster.CreateClient();
        await client.PostOkAsync(Calls.InferPath("divide"), Body(8, 2));

        var (status, text) = await client.PostAsync(Calls.InferPath("divide"), Poison);

        // Refused if the second silo has heard of it by then.
        Assert.True(status is 503 or 400, text);
        Summary.Say($"A poisoned call ended {cluster.Silos.Count(static silo => silo.HasExited)} silos, then: {text.Trim()}");
        Assert.InRange(cluster.Silos.Count(static silo => silo.HasExited), 1, 2);
        await Calls.UntilAsync(
            async () => (await client.PostAsync(Calls.InferPath("divide"), Body(9, 3))).Status == 200, "other inputs are computed");
        await Calls.UntilAsync(
            () => Task.FromResult(cluster.Silos.Any(static silo => !silo.HasExited && silo.Log.Any(
                static line => line.Contains("A process ended during a run of divide/1", StringComparison.Ordinal)))),
            "a silo says what ended another one");
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        var refused = await client.PostAsync(Calls.InferPath("divide"), Poison);
        Assert.Equal(400, refused.Status);
        Assert.Contains("is refused for 10 min", refused.Text, StringComparison.Ordinal);
        Assert.Contains(cluster.Silos, static silo => !silo.HasExited);
        foreach (var silo in cluster.Silos.Where(static silo => silo.HasExited))
        {
            silo.Kill();
        }
    }

    [Fact]
    public async Task With_worker_processes_it_ends_none_and_every_silo_refuses_it_from_then_on()
    {
        SkipUnlessDivisionTraps();
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions { Models = models.Path });
        using var client = cluster.CreateClient();
        await client.PostOkAsync(Calls.InferPath("divide"), Body(8, 2));

        Assert.Equal(400, (await client.PostAsync(Calls.InferPath("divide"), Poison)).Status);
        await Task.Delay(TimeSpan.FromSeconds(2), TestContext.Current.CancellationToken);
        for (var i = 0; i < 30; i++)
        {
            var (status, text) = await client.PostAsync(Calls.InferPath("divide"), Poison);
            Assert.Equal(400, status);
            Assert.Contains("is refused for 10 min", text, StringComparison.Ordinal);
        }

        Assert.All(cluster.Silos, static silo => Assert.False(silo.HasExited));
        Assert.Single(cluster.Silos.SelectMany(static silo => silo.Log), static line => line.Contains("a run ended its worker process", StringComparison.Ordinal));
    }

    private static byte[] Body(long a, long b) => Encoding.UTF8.GetBytes(
        $$"""{"inputs":[{"name":"a","shape":[1],"datatype":"INT64","data":[{{a}}]},{"name":"b","shape":[1],"datatype":"INT64","data":[{{b}}]}]}""");

    private static void SkipUnlessDivisionTraps() =>
        Assert.SkipUnless(RuntimeInformation.ProcessArchitecture == Architecture.X64, "integer division traps on x86 processors alone");
}
