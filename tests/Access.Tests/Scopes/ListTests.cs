using Krewe.Abstractions.Hosting;
using Krewe.Abstractions.Models;
using Krewe.Access.Callers;
using Krewe.Access.Scopes;
using Krewe.Access.Tests.Setup;

namespace Krewe.Access.Tests.Scopes;

/// <summary>Whatever lists models leaves out those that a caller does not know of.</summary>
public sealed class ListTests(AccessFixture fixture) : IClassFixture<AccessFixture>
{
    private AccessServer Server => fixture.Server;

    [Theory]
    [InlineData("GET", "/v2/models")]
    [InlineData("POST", "/v2/repository/index")]
    [InlineData("GET", "/v2/models/stats")]
    [InlineData("GET", "/v2/cluster")]
    public async Task A_list_has_the_callers_models_alone(string method, string path)
    {
        Server.Host.Statistics.Clear();
        Server.Host.Statistics.AddRange([StatisticsOf("acme-a"), StatisticsOf("other-a")]);
        var (status, all, _) = await Server.SendAsync(method, path, await Server.CreateKeyAsync("operator"));
        Assert.Equal(200, status);
        Assert.Contains("other-a", all);
        Assert.Contains("acme-a", all);
        var (_, own, _) = await Server.SendAsync(method, path, await Server.CreateKeyAsync("operator", "acme-*"));
        Assert.Contains("acme-a", own);
        Assert.DoesNotContain("other-a", own);
    }

    [Fact]
    public async Task An_error_suggests_no_names_of_others()
    {
        var (_, all, _) = await Server.SendAsync("GET", "/v2/models/other-b", await Server.CreateKeyAsync("caller"));
        var (_, own, _) = await Server.SendAsync("GET", "/v2/models/other-b", await Server.CreateKeyAsync("caller", "other-b*"));
        Assert.Contains("not found", all);
        Assert.Equal("""{"error":"Request for unknown model: 'other-b' is not found"}""", own);
    }

    [Fact]
    public async Task Why_a_server_is_not_ready_may_name_models()
    {
        Server.Host.Readiness = HostReadiness.NotReady("other-a is being looked at");
        try
        {
            var (status, body, _) = await Server.SendAsync("GET", "/v2/health/ready", null);
            Assert.Equal(503, status);
            Assert.DoesNotContain("other-a", body);
        }
        finally
        {
            Server.Host.Readiness = HostReadiness.Ready;
        }
    }

    [Fact]
    public void Metrics_keep_the_series_of_the_callers_models_and_those_of_no_model()
    {
        var caller = new Caller("c", "acme", Role.Operator, new ModelPatterns(["acme-*"]), null, TimeProvider.System);
        var kept = ScopedAnswers.Keep(
            "# HELP a Of models.\na{model=\"acme-a\",version=\"1\"} 1\na{model=\"other-a\",version=\"1\"} 2\nb{silo=\"s\",model=\"other-a\"} 3\nc 4\n", caller);
        Assert.Equal("# HELP a Of models.\na{model=\"acme-a\",version=\"1\"} 1\nc 4\n", kept);
    }

    [Fact]
    public async Task Metrics_are_written_whole()
    {
        var (_, all, _) = await Server.SendAsync("GET", "/metrics", AccessServer.AdminKey);
        var (status, own, _) = await Server.SendAsync("GET", "/metrics", await Server.CreateKeyAsync("operator", "acme-*"));
        Assert.Equal(200, status);
        Assert.Contains("krewe_http_requests_in_flight", all);
        Assert.Contains("krewe_http_requests_in_flight", own);
    }

    private static ModelStatistics StatisticsOf(string model) => new() { Model = new ModelId(ModelName.Parse(model), new ModelVersion(1)) };
}
