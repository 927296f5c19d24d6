using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Failures;

/// <summary>What the cluster makes of models and requests that cannot be right.</summary>
public sealed class BadInputTests(SharedServer database)
{
    [Fact]
    public async Task Models_and_requests_that_cannot_be_right_get_clear_errors()
    {
        using var models = new ModelsFolder();
        using var others = new ModelsFolder();
        models.Add("common", TinyModels.Linear()).Add("only-here", TinyModels.Linear());
        models.Add("needs-cuda", 1, TinyModels.Linear().ToBytes(), """{"executionProvider":"cuda","executionProviderRequired":true}""");
        others.Add("common", TinyModels.Linear()).Add("only-there", TinyModels.Linear());
        others.Add("half-there", 1, TinyModels.Linear().ToBytes());
        models.Add("half-there", 1, TinyModels.Corrupt());
        await using var cluster = await TestCluster.StartAsync(database.ConnectionString, new ClusterOptions
        {
            Models = models.Path, Silos = 2, ModelsOfSilos = new Dictionary<int, string> { [1] = others.Path },
            SiloOptions = ["--devices", "cpu"], GatewayOptions = ["--max-body-size", "200MiB"],
        });
        using var client = cluster.CreateClient();

        // Two silos with different repositories: each version is served where it is.
        foreach (var model in new[] { "common", "only-here", "only-there", "half-there" })
        {
            await client.PostOkAsync(Calls.InferPath(model), Calls.Linear);
        }

        Assert.Equal(0, Assert.Single(await cluster.FindReplicasAsync("only-here")));
        Assert.Equal(1, Assert.Single(await cluster.FindReplicasAsync("only-there")));
        Assert.Equal(1, Assert.Single(await cluster.FindReplicasAsync("half-there")));

        // A silo without the device.
        var (status, text) = await client.PostAsync(Calls.InferPath("needs-cuda"), Calls.Linear);
        Assert.Equal(503, status);
        Assert.Contains("CUDA", text, StringComparison.OrdinalIgnoreCase);

        // What does not fit a message is refused before it is sent.
        var large = await LargeAsync(client, 110 << 20);
        Assert.Equal(413, large.Status);
        await client.PostOkAsync(Calls.InferPath("common"), Calls.Linear);

        // In the cluster's snapshot, gone from the disk.
        Directory.Delete(Path.Combine(models.Path, "only-here"), recursive: true);
        (status, _) = await client.PostAsync(Calls.InferPath("only-here"), Calls.Linear);
        Assert.True(status is 200 or 404 or 503, $"{status}");
        await Calls.UntilAsync(async () => (await client.PostAsync(Calls.InferPath("only-here"), Calls.Linear)).Status == 404, "the model is not found any more");
    }

    private static async Task<(int Status, string Text)> LargeAsync(HttpClient client, int bytes)
    {
        var json = System.Text.Encoding.ASCII.GetBytes(
            $$$"""{"inputs":[{"name":"x","shape":[{{{bytes / 32}}},4],"datatype":"FP64","parameters":{"binary_data_size":{{{bytes}}}}}]}""");
        using var content = new ReadOnlyMemoryContent(new byte[][] { json, new byte[bytes] }.SelectMany(static part => part).ToArray());
        content.Headers.Add("Inference-Header-Content-Length", $"{json.Length}");
        using var answer = await client.PostAsync(
            new Uri(Calls.InferPath("common"), UriKind.Relative), content, TestContext.Current.CancellationToken);
        return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(TestContext.Current.CancellationToken));
    }
}
