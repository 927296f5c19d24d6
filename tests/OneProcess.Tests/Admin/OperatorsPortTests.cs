using System.Net;
using System.Text.Json.Nodes;
using Krewe.OneProcess.Tests.Start;

namespace Krewe.OneProcess.Tests.Admin;

/// <summary>What operators find at the address that the program prints.</summary>
public sealed class OperatorsPortTests : IDisposable
{
    private readonly ModelFolder models = new();

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => models.Dispose();

    [Fact]
    public async Task The_dashboard_shows_the_one_silo_and_only_there()
    {
        await using var program = await KreweRun.ServeAsync("--models", models.Root, "--http-port", "0");
        var printed = program.Output.Single(static line => line.StartsWith("Admin on ", StringComparison.Ordinal)).Split("dashboard: ")[1].TrimEnd(')');
        using var client = new HttpClient();

        Assert.Contains("<script", await client.GetStringAsync(printed, Token));
        Assert.True((await client.GetByteArrayAsync(printed + "/index.min.js", Token)).Length > 100_000);
        Assert.Equal("krewe", Assert.Single(await ReadHostsAsync(client, printed))!["siloName"]!.GetValue<string>());
        Assert.Equal(HttpStatusCode.NotFound, (await client.GetAsync(new Uri(program.Api, "/dashboard/"), Token)).StatusCode);
    }

    [Fact]
    public async Task Its_root_leads_to_the_dashboard_and_what_is_not_there_names_what_is()
    {
        await using var program = await KreweRun.ServeAsync("--models", models.Root, "--http-port", "0");
        using var client = new HttpClient { BaseAddress = program.Admin };

        var page = await client.GetStringAsync("/", Token);
        Assert.Contains("Orleans Dashboard", page);
        Assert.Contains("window.hideTrace = true", page);
        Assert.Contains("\"GET /v2/cluster\"", JsonNode.Parse(
            await client.GetStringAsync("/dashboard/GrainState?grainId=krewe&grainType=Krewe.Grains.Models.RoutingTableGrain", Token))!.GetValue<string>());
        using var answer = await client.GetAsync("/docs", Token);
        Assert.Equal(HttpStatusCode.NotFound, answer.StatusCode);
        Assert.Contains(
            "nothing is at '/docs' on the admin port: it has /dashboard, /metrics, /v2/health/live and /v2/health/ready",
            JsonNode.Parse(await answer.Content.ReadAsStringAsync(Token))!["error"]!.GetValue<string>());
    }

    /// <summary>The silos that the Dashboard has heard of; it asks once a second, after somebody has looked.</summary>
    private static async Task<JsonArray> ReadHostsAsync(HttpClient client, string dashboard)
    {
        for (var start = TimeProvider.System.GetTimestamp(); ; await Task.Delay(100, Token))
        {
            var hosts = JsonNode.Parse(await client.GetStringAsync(dashboard + "/DashboardCounters", Token))!["hosts"]!.AsArray();
            if (hosts.Count > 0 || TimeProvider.System.GetElapsedTime(start) > TimeSpan.FromSeconds(30))
            {
                return hosts;
            }
        }
    }

    [Fact]
    public async Task Metrics_are_those_of_the_models_and_of_the_calls()
    {
        await using var program = await KreweRun.ServeAsync("--models", models.Root, "--http-port", "0");
        using var client = new HttpClient();
        using var answer = await client.PostAsync(
            new Uri(program.Api, "/v2/models/linear/infer"),
            new StringContent("""{"inputs":[{"name":"x","shape":[1,4],"datatype":"FP32","data":[1,2,3,4]}]}"""), Token);
        Assert.True(answer.IsSuccessStatusCode);

        foreach (var address in new[] { program.Admin, program.Api })
        {
            var text = await client.GetStringAsync(new Uri(address, "/metrics"), Token);
            var names = text.Split('\n').Where(static line => line.StartsWith("# TYPE ", StringComparison.Ordinal)).Select(static line => line.Split(' ')[2]).ToArray();
            Assert.Equal(names.Distinct(), names);
            foreach (var name in new[] { "nv_inference_request_success", "krewe_memory_budget_bytes", "krewe_rollbacks_total", "krewe_rollout_step", "krewe_route_requests_total", "krewe_gateway_requests_in_flight", "krewe_http_requests_total" })
            {
                Assert.Contains(name, names);
            }

            Assert.Contains("nv_inference_request_success{model=\"linear\",version=\"1\"} 1", text);
        }
    }
}
