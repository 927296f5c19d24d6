using System.Diagnostics;
using Krewe.Onnx;

namespace Krewe.Cluster.Tests;

/// <summary>What an operator sees in a browser.</summary>
public sealed class DashboardTests(DatabaseFixture database)
{
    private static readonly string[] Browsers = ["chromium", "chromium-browser", "google-chrome"];

    [Fact]
    public async Task The_dashboard_opens_in_a_browser_and_shows_our_grains()
    {
        var browser = Environment.GetEnvironmentVariable("PATH")!.Split(':')
            .SelectMany(static folder => Browsers.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "there is no Chromium on the path: the Dashboard was not looked at");
        using var models = new ModelsFolder();
        models.Add("m", TinyModels.Linear());
        await using var cluster = await TestCluster.StartAsync(
            database.ConnectionString, new ClusterOptions { Models = models.Path, Silos = 1 });
        using var client = cluster.CreateClient();
        await client.PostOkAsync(Calls.InferPath("m"), Calls.Linear);

        var page = "";
        await Calls.UntilAsync(
            async () => (page = await RenderAsync(browser!, new Uri(cluster.AdminAddresses[0], "/dashboard/#/grains"))).Contains("ReplicaGrain", StringComparison.Ordinal),
            "the page shows the replicas' grain");
        Assert.Contains("NodeGrain", page, StringComparison.Ordinal);
    }

    /// <summary>The page's text once its scripts have run.</summary>
    private static async Task<string> RenderAsync(string browser, Uri address)
    {
        var profile = Directory.CreateTempSubdirectory("krewe-browser-");
        try
        {
            using var process = Process.Start(new ProcessStartInfo(
                browser,
                [
                    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                    "--disable-component-update", "--disable-sync", $"--user-data-dir={profile.FullName}", "--virtual-time-budget=8000", "--dump-dom",
                    address.ToString(),
                ])
            {
                RedirectStandardOutput = true, RedirectStandardError = true,
            })!;
            var errors = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
            var page = await process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
            await errors;
            return page;
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }
}
