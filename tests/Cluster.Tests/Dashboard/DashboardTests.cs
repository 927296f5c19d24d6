using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Krewe.Cluster.Tests.Setup;
using Krewe.Onnx.Tiny;
using Krewe.TestDatabase;

namespace Krewe.Cluster.Tests.Dashboard;

/// <summary>What an operator sees in a browser.</summary>
public sealed partial class DashboardTests(SharedServer database)
{
    private const string Sent = "orleans-messaging-sent-messages-size";
    private static readonly string[] Browsers = ["chromium", "chromium-browser", "google-chrome"];

    [Fact]
    public async Task The_dashboard_counts_calls_and_shows_them_in_a_browser()
    {
        var browser = Environment.GetEnvironmentVariable("PATH")!.Split(':')
            .SelectMany(static folder => Browsers.Select(name => Path.Combine(folder, name))).FirstOrDefault(File.Exists);
        Assert.SkipWhen(browser is null, "there is no Chromium on the path: the Dashboard was not looked at");
        using var models = new ModelsFolder();
        models.Add("m", TinyModels.Linear());
        await using var cluster = await TestCluster.StartAsync(
            database.ConnectionString, new ClusterOptions { Models = models.Path, Silos = 2 });
        var load = SteadyLoad.Start(cluster.GatewayAddresses[0], Calls.InferPath("m"), Calls.Linear, callers: 4);
        var dashboard = new Uri(cluster.AdminAddresses[0], "/dashboard/");

        var first = await ReadRateAsync(browser!, dashboard, above: 0);
        await ReadRateAsync(browser!, dashboard, above: first);
        using var client = new HttpClient();
        foreach (var member in await ReadMembersAsync(client, dashboard))
        {
            var address = new Uri(dashboard, $"#/host/{member}/counters");
            Assert.Contains(Sent, await RenderAsync(browser!, address), StringComparison.Ordinal);
            var sent = await ReadSentAsync(client, dashboard, member);
            await Calls.UntilAsync(async () => await ReadSentAsync(client, dashboard, member) > sent, $"{Sent} of {member} grows");
        }

        await load.StopAsync();
        Assert.Empty(load.Failures);
    }

    /// <summary>Calls a second to replicas, as the page of grains shows them, once they are more than before.</summary>
    private static async Task<double> ReadRateAsync(string browser, Uri dashboard, double above)
    {
        var rate = 0.0;
        var page = "";
        await Calls.UntilAsync(
            async () =>
            {
                page = Tag().Replace(await RenderAsync(browser, new Uri(dashboard, "#/grains")), " ");
                return ReplicaRow().Match(page) is { Success: true } row
                    && (rate = double.Parse(row.Groups["rate"].Value, CultureInfo.InvariantCulture)) > above;
            },
            $"the page shows more than {above} calls a second to replicas");
        Assert.Contains("NodeGrain", page, StringComparison.Ordinal);
        return rate;
    }

    /// <summary>Silos and gateway.</summary>
    private static async Task<string[]> ReadMembersAsync(HttpClient client, Uri dashboard)
    {
        using var document = JsonDocument.Parse(await client.GetStringAsync(new Uri(dashboard, "DashboardCounters")));
        var hosts = document.RootElement.GetProperty("hosts").EnumerateArray();
        string[] members = [.. hosts.Select(static host => host.GetProperty("siloAddress").GetString()!)];
        Assert.Equal(3, members.Length);
        return members;
    }

    private static async Task<double> ReadSentAsync(HttpClient client, Uri dashboard, string member)
    {
        using var document = JsonDocument.Parse(await client.GetStringAsync(new Uri(dashboard, $"SiloCounters/{member}")));
        return document.RootElement.EnumerateArray().Where(static counter => counter.GetProperty("name").GetString() == Sent)
            .Select(static counter => double.Parse(counter.GetProperty("value").GetString()!, CultureInfo.InvariantCulture)).Single();
    }

    /// <summary>The page's text once its scripts have run.</summary>
    private static async Task<string> RenderAsync(string browser, Uri address)
    {
        var profile = Directory.CreateTempSubdirectory("krewe-browser-");
        try
        {
            return (await ProgramProcess.RunAsync(
                browser, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", $"--user-data-dir={profile.FullName}", "--virtual-time-budget=8000", "--dump-dom",
                address.ToString())).Output;
        }
        finally
        {
            profile.Delete(recursive: true);
        }
    }

    [GeneratedRegex("<[^>]*>")]
    private static partial Regex Tag();

    [GeneratedRegex(@"ReplicaGrain\s+\d+\s+[\d.]+\s+%\s+(?<rate>[\d.]+)\s+req/sec")]
    private static partial Regex ReplicaRow();
}
