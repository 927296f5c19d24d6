using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Attack;

/// <summary>An attacker who does everything at once, through a gateway: honest callers, silos and other models do not notice.</summary>
public sealed class AttackedClusterTests(SharedServer database)
{
    private const int Callers = 64;
    private static readonly TimeSpan Ample = TimeSpan.FromSeconds(90);

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public Task Honest_callers_lose_no_call() => AttackAsync(TimeSpan.FromSeconds(15));

    [Fact]
    [Trait("category", "long")]
    public Task Honest_callers_lose_no_call_in_two_minutes() => AttackAsync(TimeSpan.FromMinutes(2));

    private async Task AttackAsync(TimeSpan time)
    {
        using var models = new ModelsFolder();
        Attacks.AddTo(models).Add("honest", 1, TinyModels.Linear().ToBytes(), """{"replicas":{"min":2,"max":2}}""").Add("other", TinyModels.Linear());
        await using var cluster = await TestCluster.StartAsync(
            database.ConnectionString, new ClusterOptions { Models = models.Path, SiloOptions = ["--memory-budget", "1GiB"] });
        using var client = cluster.CreateClient();
        await client.PostOkAsync(Calls.InferPath("honest"), Calls.Linear);
        var load = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath("honest"), Calls.Linear, Callers);
        await load.WaitForAnswersAsync(1000);

        using var over = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var attacks = Attacks.All.Values.Select(attack => attack(cluster.GatewayAddresses[0], over.Token)).ToArray();
        var before = load.Answers;
        await Task.Delay(time / 2, Token);

        // A version that is loaded under attack is not blamed for it.
        await client.PostOkAsync(Calls.InferPath("other"), Calls.Linear);
        await Task.Delay(time / 2, Token);
        await over.CancelAsync();
        await Task.WhenAll(attacks).WaitAsync(Ample, Token);
        var during = load.Answers - before;
        await load.StopAsync();

        Summary.Say($"Every attack at once for {time.TotalSeconds:0} s: {load}, {during} of them meanwhile");
        Assert.Empty(load.Failures);
        Assert.True(during > 0, "nothing was answered under attack");
        Assert.All(cluster.Silos.Concat(cluster.Gateways), static process => Assert.False(process.HasExited));
        var index = await client.PostOkAsync("/v2/repository/index");
        Assert.All(
            index.EnumerateArray().Where(static entry => entry.GetProperty("name").GetString() is "honest" or "other"),
            static entry => Assert.Equal("READY", entry.GetProperty("state").GetString()));
    }
}
