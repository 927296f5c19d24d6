using System.Diagnostics;
using System.Text;
using System.Text.Json.Nodes;
using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Limits;

/// <summary>The limit of a tenant, asked at three gateways.</summary>
[Trait("category", "long")]
public sealed class TenantLimitTests(SharedServer database)
{
    private const string AdminKey = "an-admin-key-of-more-than-32-characters";
    private static readonly TimeSpan AfterBurst = TimeSpan.FromSeconds(4);
    private static readonly TimeSpan Window = TimeSpan.FromSeconds(20);
    private static readonly TimeSpan BetweenCalls = TimeSpan.FromMilliseconds(20);
    private int admitted;
    private int refused;

    [Fact]
    public async Task Of_100_per_second_over_three_gateways_90_to_110_are_seen()
    {
        using var models = new ModelsFolder();
        models.Add("m", TinyModels.Linear());
        using var folder = new TemporaryFolder();
        var file = Path.Combine(folder.Path, "admin-key");
        await File.WriteAllTextAsync(file, AdminKey, TestContext.Current.CancellationToken);
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions
        {
            Models = models.Path, Silos = 1, Gateways = 3, AdminKey = AdminKey, GatewayOptions = ["--auth", "keys", "--admin-key-file", file],
        });
        using var admin = cluster.CreateClient();
        var key = await CreateKeyAsync(admin);
        using var stop = new CancellationTokenSource();
        var callers = Task.WhenAll(new[] { 4, 2, 1 }.SelectMany(
            (count, gateway) => Enumerable.Range(0, count).Select(_ => CallAsync(cluster, gateway, key, stop.Token))));
        await Task.Delay(AfterBurst, TestContext.Current.CancellationToken);
        var (watch, admittedBefore, refusedBefore) = (Stopwatch.StartNew(), Volatile.Read(ref admitted), Volatile.Read(ref refused));
        await Task.Delay(Window, TestContext.Current.CancellationToken);
        var (seen, over, seconds) = (Volatile.Read(ref admitted) - admittedBefore, Volatile.Read(ref refused) - refusedBefore, watch.Elapsed.TotalSeconds);
        await stop.CancelAsync();
        await callers;

        Summary.Say($"A limit of 100/s at three gateways: {seen / seconds:0.0}/s admitted of {(seen + over) / seconds:0}/s asked, in {seconds:0} s");
        Assert.True(over > seen / 10, $"only {over} were refused: the limit was not reached");
        Assert.InRange(seen / seconds, 90, 110);
    }

    private static async Task<string> CreateKeyAsync(HttpClient admin)
    {
        using var limits = new StringContent("""{"rate": "100/s"}""", Encoding.UTF8);
        using var set = await admin.PutAsync(new Uri("/v2/tenants/acme/limits", UriKind.Relative), limits, TestContext.Current.CancellationToken);
        Assert.True(set.IsSuccessStatusCode);
        var (status, made) = await admin.PostAsync("/v2/keys", """{"tenant": "acme", "role": "caller", "models": ["*"]}"""u8.ToArray());
        Assert.True(status == 201, made);
        return (string)JsonNode.Parse(made)!["key"]!;
    }

    private async Task CallAsync(TestCluster cluster, int gateway, string key, CancellationToken stop)
    {
        using var client = cluster.CreateClient(gateway);
        client.DefaultRequestHeaders.Remove("x-api-key");
        client.DefaultRequestHeaders.Add("x-api-key", key);
        while (!stop.IsCancellationRequested)
        {
            var (status, _) = await client.PostAsync(Calls.InferPath("m"), Calls.Linear);
            _ = status == 200 ? Interlocked.Increment(ref admitted) : status == 429 ? Interlocked.Increment(ref refused) : 0;
            await Task.Delay(BetweenCalls, TestContext.Current.CancellationToken);
        }
    }
}
